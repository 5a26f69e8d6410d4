// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

@Suite struct AttentionTests {
    let samples = Samples(11)

    @Test(
        "attention over runs and own rows agrees with the definition, with the same bits everywhere",
        arguments: [(1, 2, 64), (3, 3, 32), (2, 1, 20)],
        [nil, 1, 7, 16, 40, 1000]
    )
    func forward(_ sizes: (Int, Int, Int), _ window: Int?) {
        let (heads, group, size) = sizes
        let shape = AttentionShape(
            keyValueHeads: heads,
            group: group,
            headSize: size,
            window: window
        )
        let q = samples.matrix(70, heads * group * size, 1)
        let k = samples.matrix(70, heads * size, 2)
        let v = samples.matrix(70, heads * size, 3)
        let cache = KeyValueRun(
            keys: samples.matrix(37, heads * size, 4),
            values: samples.matrix(37, heads * size, 5)
        )
        let segments = [
            AttentionSegment(rows: 0..<55, before: [cache]), AttentionSegment(rows: 55..<56),
            AttentionSegment(
                rows: 56..<70,
                before: [
                    cache, KeyValueRun(keys: k.rows(0..<9), values: v.rows(0..<9)),
                ]
            ),
        ]
        let expected = Matrix(rows: 70, columns: q.columns)
        Reference.attention(
            q,
            keys: k,
            values: v,
            segments: segments,
            shape: shape,
            into: expected
        )
        var first: [UInt32]?
        for compute in everyCompute {
            let o = Matrix(rows: 70, columns: q.columns)
            compute.attention(q, keys: k, values: v, segments: segments, shape: shape, into: o)
            #expect(largestDifference(o.values, expected.values) < 1e-5)
            first = first ?? bits(o)
            #expect(bits(o) == first)
        }
    }

    @Test(
        "a row sees the same through a cache, alone, as among its neighbours",
        arguments: [nil, 1, 10, 17, 33]
    )
    func splitsAreInvisible(_ window: Int?) {
        let shape = AttentionShape(keyValueHeads: 1, group: 3, headSize: 64, window: window)
        let q = samples.matrix(50, 192, 1)
        let k = samples.matrix(50, 64, 2)
        let v = samples.matrix(50, 64, 3)
        let compute = Compute(threads: 2)
        let whole = Matrix(rows: 50, columns: 192)
        compute.attention(
            q,
            keys: k,
            values: v,
            segments: [AttentionSegment(rows: 0..<50)],
            shape: shape,
            into: whole
        )
        for row in [0, 1, 23, 24, 49] {
            let before = [
                KeyValueRun(keys: k.rows(0..<row / 3), values: v.rows(0..<row / 3)),
                KeyValueRun(keys: k.rows(row / 3..<row), values: v.rows(row / 3..<row)),
            ]
            let one = Matrix(rows: 1, columns: 192)
            let range = row..<row + 1
            compute.attention(
                q.rows(range),
                keys: k.rows(range),
                values: v.rows(range),
                segments: [AttentionSegment(rows: 0..<1, before: before)],
                shape: shape,
                into: one
            )
            #expect(bits(one) == bits(whole.rows(range)))
        }
    }

    @Test(
        "the gradient agrees with finite differences, with the same bits everywhere",
        arguments: [nil, 1, 5, 20]
    )
    func backward(_ window: Int?) {
        let shape = AttentionShape(keyValueHeads: 2, group: 2, headSize: 16, window: window)
        let (rows, wide, narrow) = (60, 64, 32)
        let inputs = [
            samples.values(rows * wide, 1), samples.values(rows * narrow, 2),
            samples.values(rows * narrow, 3),
        ]
        let weight = samples.values(rows * wide, 4)
        let segments = [AttentionSegment(rows: 0..<56), AttentionSegment(rows: 56..<60)]
        func output(_ inputs: [[Float]]) -> (Matrix, Matrix, Matrix, Matrix) {
            let q = Matrix(rows: rows, columns: wide, values: inputs[0])
            let k = Matrix(rows: rows, columns: narrow, values: inputs[1])
            let v = Matrix(rows: rows, columns: narrow, values: inputs[2])
            let o = Matrix(rows: rows, columns: wide)
            Reference.attention(q, keys: k, values: v, segments: segments, shape: shape, into: o)
            return (q, k, v, o)
        }
        func loss(_ inputs: [[Float]]) -> Double {
            zip(output(inputs).3.values, weight).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let (q, k, v, o) = output(inputs)
        let dO = Matrix(rows: rows, columns: wide, values: weight)
        var first: [[UInt32]]?
        for compute in everyCompute {
            let gradients = (
                q: Matrix(rows: rows, columns: wide), k: Matrix(rows: rows, columns: narrow),
                v: Matrix(rows: rows, columns: narrow)
            )
            compute.attentionGradient(
                q,
                keys: k,
                values: v,
                output: o,
                of: dO,
                segments: segments,
                shape: shape,
                into: gradients
            )
            let all = [bits(gradients.q), bits(gradients.k), bits(gradients.v)]
            first = first ?? all
            #expect(all == first)
            for (input, gradient) in [gradients.q, gradients.k, gradients.v].enumerated() {
                for index in stride(from: 3, to: inputs[input].count, by: 97) {
                    var (up, down) = (inputs, inputs)
                    up[input][index] += 0.01
                    down[input][index] -= 0.01
                    let slope = (loss(up) - loss(down)) / 0.02
                    let error = abs(slope - Double(gradient.values[index]))
                    #expect(error < 2e-3)
                }
            }
        }
    }
}
