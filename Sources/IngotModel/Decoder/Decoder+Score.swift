// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

extension Decoder {
    /// A prefix and the continuations whose probabilities are asked for.
    package typealias ScoreQuery = (prefix: [Int32], continuations: [[Int32]])

    /// Rows of a scoring pass: many queries share one, and then their common beginnings too.
    static let rowsOfScoring = 1024

    /// Σ log p of each continuation given the prefix; an empty continuation has 0.
    package func scoreContinuations(
        prefix: [Int32],
        continuations: [[Int32]]
    ) -> [Double] {
        scoreContinuations([(prefix, continuations)])[0]
    }

    /// The same for many queries, in the order given; how they are batched changes no bit.
    ///
    /// A prefix has at least one token.
    package func scoreContinuations(_ queries: [ScoreQuery]) -> [[Double]] {
        var results: [[Double]] = []
        var tree = TokenTree()
        var waiting: [Int] = []
        func flush() {
            let scores = score(tree.rows())
            var next = 0
            for count in waiting {
                results.append(Array(scores[next..<next + count]))
                next += count
            }
            tree = TokenTree()
            waiting = []
        }
        for query in queries {
            precondition(!query.prefix.isEmpty, "a continuation needs a token before it")
            tree.add(prefix: query.prefix, continuations: query.continuations)
            waiting.append(query.continuations.count)
            if tree.count >= Self.rowsOfScoring { flush() }
        }
        flush()
        return results
    }

    /// One pass over a tree of tokens.
    private func score(_ rows: TokenTree.Rows) -> [Double] {
        var scores = [Double](repeating: 0, count: rows.answerCount)
        guard !rows.tokens.isEmpty else { return scores }
        let hidden = pass(
            rows.tokens,
            positions: rows.positions,
            segments: { _, activations in
                Self.attentionSegments(rows.segments, activations)
            },
            finished: { _, _ in }
        )
        let asked = rows.predictions.indices.filter { !rows.predictions[$0].isEmpty }
        let picked = Matrix(rows: asked.count, columns: hidden.columns)
        picked.gather(asked, from: hidden)
        forEachLogits(of: picked) { range, logits in
            let totals = compute.logSumExp(logits)
            for (row, total) in zip(range, totals) {
                for prediction in rows.predictions[asked[row]] {
                    let logit = logits.value(
                        row: row - range.lowerBound,
                        column: Int(prediction.target)
                    )
                    scores[prediction.answer] += Double(logit) - total
                }
            }
        }
        return scores
    }

    /// Every segment sees its ancestors in full, from the root down, and itself causally.
    private static func attentionSegments(
        _ segments: [TokenTree.Segment],
        _ activations: BlockActivations
    ) -> [AttentionSegment] {
        var paths: [[KeyValueRun]] = []
        var result: [AttentionSegment] = []
        for segment in segments {
            let path = segment.parent.map { paths[$0] } ?? []
            result.append(AttentionSegment(rows: segment.rows, before: path))
            paths.append(
                path + [
                    KeyValueRun(
                        keys: activations.k.rows(segment.rows),
                        values: activations.v.rows(segment.rows)
                    )
                ]
            )
        }
        return result
    }
}
