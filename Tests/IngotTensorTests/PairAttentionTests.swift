// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

/// Attention of the kernel set `avx512`.
///
/// Operands of its products lose up to 2⁻⁹ of their size, so results stay within 1 % of the largest
/// one of the definition in fp64 and of `portable`.
@Suite(.enabled(if: KernelSet.avx512.isAvailable, "this processor has no AVX512_BF16"))
struct PairAttentionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let heads: Int, group: Int, size: Int
        var testDescription: String { "\(heads)×\(group) heads of \(size)" }
        var shape: AttentionShape {
            AttentionShape(keyValueHeads: heads, group: group, headSize: size)
        }
    }

    static let cases = [
        Case(heads: 1, group: 2, size: 64), Case(heads: 3, group: 3, size: 32),
        Case(heads: 2, group: 1, size: 20), Case(heads: 1, group: 5, size: 128),
    ]
    let samples = Samples(11)
    let computes = (1...3).map { Compute(kernels: .avx512, threads: $0) }

    @Test("forward, over runs and own rows, with any number of threads", arguments: cases)
    func forward(_ test: Case) {
        let rows = 210
        let (q, k, v) = matrices(test, rows)
        let cache = KeyValueRun(
            keys: samples.matrix(37, k.columns, 4),
            values: samples.matrix(37, k.columns, 5)
        )
        let segments = [
            AttentionSegment(rows: 0..<195, before: [cache]), AttentionSegment(rows: 195..<196),
            AttentionSegment(
                rows: 196..<rows,
                before: [cache, KeyValueRun(keys: k.rows(0..<9), values: v.rows(0..<9))]
            ),
        ]
        let expected = Matrix(rows: rows, columns: q.columns)
        Reference.attention(
            q,
            keys: k,
            values: v,
            segments: segments,
            shape: test.shape,
            into: expected
        )
        let outputs = computes.map { compute in
            let o = Matrix(rows: rows, columns: q.columns)
            compute.attention(q, keys: k, values: v, segments: segments, shape: test.shape, into: o)
            return o
        }
        #expect(relativeDifference(outputs[0], expected) < 0.01)
        #expect(outputs.allSatisfy { bits($0) == bits(outputs[0]) })
    }

    @Test("a row sees the same through a cache, alone, as among its neighbours")
    func splitsAreInvisible() {
        let test = Case(heads: 1, group: 3, size: 64)
        let (q, k, v) = matrices(test, 50)
        let whole = Matrix(rows: 50, columns: 192)
        computes[1].attention(
            q,
            keys: k,
            values: v,
            segments: [AttentionSegment(rows: 0..<50)],
            shape: test.shape,
            into: whole
        )
        for row in [0, 1, 23, 24, 49] {
            let before = [0..<row / 3, row / 3..<row].map {
                KeyValueRun(keys: k.rows($0), values: v.rows($0))
            }
            let one = Matrix(rows: 1, columns: 192)
            let range = row..<row + 1
            computes[0].attention(
                q.rows(range),
                keys: k.rows(range),
                values: v.rows(range),
                segments: [AttentionSegment(rows: 0..<1, before: before)],
                shape: test.shape,
                into: one
            )
            #expect(bits(one) == bits(whole.rows(range)))
        }
    }

    @Test("backward agrees with `portable`, with any number of threads", arguments: cases)
    func backward(_ test: Case) {
        let rows = 90
        let (q, k, v) = matrices(test, rows)
        let dO = samples.matrix(rows, q.columns, 6)
        let segments = [
            AttentionSegment(rows: 0..<53), AttentionSegment(rows: 53..<54),
            AttentionSegment(rows: 54..<90),
        ]
        let results = ([Compute(threads: 1)] + computes).map { compute in
            let o = Matrix(rows: rows, columns: q.columns)
            compute.attention(q, keys: k, values: v, segments: segments, shape: test.shape, into: o)
            let gradients = (
                q: Matrix(rows: rows, columns: q.columns),
                k: Matrix(rows: rows, columns: k.columns),
                v: Matrix(rows: rows, columns: k.columns)
            )
            compute.attentionGradient(
                q,
                keys: k,
                values: v,
                output: o,
                of: dO,
                segments: segments,
                shape: test.shape,
                into: gradients
            )
            return [gradients.q, gradients.k, gradients.v]
        }
        for part in 0..<3 {
            #expect(relativeDifference(results[1][part], results[0][part]) < 0.01)
            for other in results[2...] { #expect(bits(other[part]) == bits(results[1][part])) }
        }
    }

    private func matrices(_ test: Case, _ rows: Int) -> (q: Matrix, k: Matrix, v: Matrix) {
        let narrow = test.heads * test.size
        return (
            samples.matrix(rows, narrow * test.group, 1), samples.matrix(rows, narrow, 2),
            samples.matrix(rows, narrow, 3)
        )
    }

    private func relativeDifference(_ a: Matrix, _ b: Matrix) -> Float {
        largestDifference(a.values, b.values) / (b.values.map(abs).max() ?? 1)
    }
}
