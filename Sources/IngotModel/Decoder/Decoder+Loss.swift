// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

extension Decoder {
    /// Σ −log p of the tokens whose mask is set, each predicted from the tokens before it.
    ///
    /// The first token cannot be predicted and never counts.
    package func meanLoss(tokens: [Int32], lossMask: [Bool]) -> (sum: Double, count: Int) {
        precondition(tokens.count == lossMask.count, "a mask for every token")
        let rows = tokens.indices.dropLast().filter { lossMask[$0 + 1] }
        guard let last = rows.last else { return (0, 0) }
        let hidden = pass(
            Array(tokens[...last]),
            positions: Array(0...last),
            segments: { _, _ in [AttentionSegment(rows: 0..<last + 1)] },
            finished: { _, _ in }
        )
        let picked = Matrix(rows: rows.count, columns: hidden.columns)
        picked.gather(rows, from: hidden)
        var sum = 0.0
        forEachLogits(of: picked) { range, logits in
            for (row, total) in zip(range, compute.logSumExp(logits)) {
                let target = Int(tokens[rows[row] + 1])
                sum += total - Double(logits.value(row: row - range.lowerBound, column: target))
            }
        }
        return (sum, rows.count)
    }
}
