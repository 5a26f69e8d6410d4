// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

/// Products of the kernel set `avx512`: the same bits as the reference in plain C.
@Suite(.enabled(if: KernelSet.avx512.isAvailable, "this processor has no AVX512_BF16"))
struct PairProductTests {
    static let computes = (1...3).map { Compute(kernels: .avx512, threads: $0) }

    @Test("a linear layer and its gradient", arguments: ProductTests.cases)
    func weights(_ test: ProductTests.Case) {
        let samples = Samples(3)
        let weight = samples.weight(test.type, test.n, test.k)
        compare(test.m, test.n, [.linear(samples.matrix(test.m, test.k, 1), weight)])
        compare(test.m, test.k, [.linearGradient(samples.matrix(test.m, test.n, 2), weight)])
    }

    @Test(
        "odd sizes, all layouts, sums of terms",
        arguments: [
            (1, 1, 1), (3, 17, 5), (6, 16, 257), (13, 31, 100), (50, 48, 1), (5, 70, 33),
            (130, 100, 70), (16, 200, 801), (100, 16, 64), (9, 1000, 5000),
        ]
    )
    func oddSizes(_ m: Int, _ n: Int, _ k: Int) {
        let samples = Samples(4)
        let (x, y) = (samples.matrix(m, k, 1), samples.matrix(k, n, 2))
        let (xT, yT) = (samples.matrix(k, m, 3), samples.matrix(n, k, 4))
        compare(m, n, [.plain(x, y), .timesTransposed(x, yT)])
        compare(m, n, accumulates: true, [.transposedTimes(xT, y)])
        compare(m, n, scale: 0.25, [.timesTransposed(x, yT)])
    }

    @Test("halves of frozen weights with a ragged width", arguments: [WeightType.f16, .bf16])
    func raggedWeights(_ type: WeightType) {
        let samples = Samples(7)
        let weight = samples.weight(type, 37, 51)
        compare(5, 37, [.linear(samples.matrix(5, 51, 1), weight)])
        compare(5, 51, [.linearGradient(samples.matrix(5, 37, 2), weight)])
    }

    @Test("subnormal operands and sums become zeros")
    func subnormals() {
        let samples = Samples(9)
        let tiny = samples.matrix(8, 30, 1).values.map { $0 * 0x1p-64 }
        let (x, y) = (
            Matrix(rows: 8, columns: 30, values: tiny),
            Matrix(rows: 8, columns: 30, values: tiny.reversed())
        )
        compare(8, 8, [.timesTransposed(x, y)])
        let least = Matrix(rows: 1, columns: 2, values: [0x1p-127, 1])
        compare(1, 1, [.timesTransposed(least, least)])
    }

    @Test("a row's result does not depend on the rows around it", arguments: WeightType.allCases)
    func rowsAreAlone(_ type: WeightType) {
        let samples = Samples(5)
        let columns = type.blockLength == 256 ? 512 : 576
        let weight = samples.weight(type, 192, columns)
        let x = samples.matrix(61, columns, 1)
        let compute = Self.computes[1]
        let all = Matrix(rows: 61, columns: 192)
        compute.run([Product(all, [.linear(x, weight)])])
        for row in [0, 17, 60] {
            let one = Matrix(rows: 1, columns: 192)
            compute.run([Product(one, [.linear(x.rows(row..<row + 1), weight)])])
            #expect(bits(one) == bits(all.rows(row..<row + 1)))
        }
    }

    @Test("many products in one call, with and without common rows")
    func together() {
        let samples = Samples(6)
        let weights = [WeightType.q4_1, .q8_0, .f32].map { samples.weight($0, 96, 64) }
        let (x, other) = (samples.matrix(40, 64, 1), samples.matrix(40, 64, 2))
        let rows = [x, other, x]
        let targets = weights.map { _ in Matrix(rows: 40, columns: 96) }
        Self.computes[2].run(
            zip(targets, zip(rows, weights)).map { Product($0, [.linear($1.0, $1.1)]) }
        )
        for (target, (rows, weight)) in zip(targets, zip(rows, weights)) {
            let alone = Matrix(rows: 40, columns: 96)
            Reference.run(Product(alone, [.linear(rows, weight)]), kernels: .avx512)
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
        Reference.run(
            Product(expected, accumulates: accumulates, scale: scale, terms),
            kernels: .avx512
        )
        for compute in Self.computes {
            let target = Matrix(rows: m, columns: n, values: start)
            compute.run([Product(target, accumulates: accumulates, scale: scale, terms)])
            #expect(bits(target) == bits(expected))
        }
    }
}
