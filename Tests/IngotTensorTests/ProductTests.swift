// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

@Suite struct ProductTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let type: WeightType
        let m: Int, n: Int, k: Int

        /// `k` is rounded up to whole blocks.
        init(type: WeightType, m: Int, n: Int, k: Int) {
            (self.type, self.m, self.n) = (type, m, n)
            self.k = (k + type.blockLength - 1) / type.blockLength * type.blockLength
        }

        var testDescription: String { "\(type) \(m)×\(n)×\(k)" }
    }

    static let cases: [Case] = WeightType.allCases.flatMap { type in
        [
            Case(type: type, m: 1, n: 96, k: 64), Case(type: type, m: 2, n: 32, k: 320),
            Case(type: type, m: 7, n: 160, k: 96), Case(type: type, m: 29, n: 64, k: 576),
            Case(type: type, m: 1, n: 288, k: 288),
        ]
    }

    @Test(
        "a linear layer and its gradient agree with the definition, with the same bits everywhere",
        arguments: cases
    )
    func weights(_ test: Case) {
        let samples = Samples(3)
        let weight = samples.weight(test.type, test.n, test.k)
        let x = samples.matrix(test.m, test.k, 1)
        let dy = samples.matrix(test.m, test.n, 2)
        compare(test.m, test.n, [.linear(x, weight)])
        compare(test.m, test.k, [.linearGradient(dy, weight)])
    }

    @Test(
        "odd sizes of fp32 products agree with the definition",
        arguments: [
            (1, 1, 1), (3, 17, 5), (6, 16, 257), (13, 31, 100), (50, 48, 1), (5, 70, 33),
        ]
    )
    func oddSizes(_ m: Int, _ n: Int, _ k: Int) {
        let samples = Samples(4)
        let (x, y) = (samples.matrix(m, k, 1), samples.matrix(k, n, 2))
        let (xT, yT) = (samples.matrix(k, m, 3), samples.matrix(n, k, 4))
        compare(m, n, [.plain(x, y)])
        compare(m, n, [.timesTransposed(x, yT)])
        compare(m, n, [.transposedTimes(xT, y)])
        compare(m, n, [.plain(x, y), .timesTransposed(x, yT)])
        compare(m, n, accumulates: true, [.plain(x, y)])
        compare(m, n, scale: 0.25, [.plain(x, y)])
    }

    @Test("a product without terms is zero")
    func empty() {
        compare(3, 20, [])
    }

    @Test("a row's result does not depend on the rows around it", arguments: WeightType.allCases)
    func rowsAreAlone(_ type: WeightType) {
        let samples = Samples(5)
        let columns = type.blockLength == 256 ? 512 : 576
        let weight = samples.weight(type, 192, columns)
        let x = samples.matrix(61, columns, 1)
        for compute in everyCompute where compute.level > .plain || type == .q4_1 {
            let all = Matrix(rows: 61, columns: 192)
            compute.run([Product(all, [.linear(x, weight)])])
            for row in [0, 17, 60] {
                let one = Matrix(rows: 1, columns: 192)
                compute.run([Product(one, [.linear(x.rows(row..<row + 1), weight)])])
                #expect(bits(one) == bits(all.rows(row..<row + 1)))
            }
        }
    }

    @Test("many products in one call are each right")
    func together() {
        let samples = Samples(6)
        let weights = [WeightType.q4_1, .q8_0, .f32].map { samples.weight($0, 96, 64) }
        let x = samples.matrix(40, 64, 1)
        let compute = Compute(threads: 3)
        let targets = weights.map { _ in Matrix(rows: 40, columns: 96) }
        compute.run(zip(targets, weights).map { Product($0, [.linear(x, $1)]) })
        for (target, weight) in zip(targets, weights) {
            let alone = Matrix(rows: 40, columns: 96)
            compute.run([Product(alone, [.linear(x, weight)])])
            #expect(bits(alone) == bits(target))
        }
    }

    private func compare(
        _ m: Int,
        _ n: Int,
        accumulates: Bool = false,
        scale: Float = 1,
        _ terms: [Product.Term]
    ) {
        let start = Samples(8).values(m * n, 8)
        let expected = Matrix(rows: m, columns: n, values: start)
        Reference.run(Product(expected, accumulates: accumulates, scale: scale, terms))
        var first: [UInt32]?
        for compute in everyCompute {
            let target = Matrix(rows: m, columns: n, values: start)
            compute.run([Product(target, accumulates: accumulates, scale: scale, terms)])
            // Sums of some hundred products with values up to 32 (Q8_0).
            #expect(largestDifference(target.values, expected.values) < 1e-3)
            first = first ?? bits(target)
            #expect(bits(target) == first, "\(compute.level)")
        }
    }
}
