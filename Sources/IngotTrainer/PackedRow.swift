// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Examples side by side, each with positions from 0 and blind to the others.
struct PackedRow {
    let tokens: [Int32]
    let positions: [Int]
    let segments: [AttentionSegment]
    /// Rows whose next token is trained, and that token.
    let predictingRows: [Int]
    let targets: [Int32]
    /// The step that the row is computed in, and the number of its first token there.
    let step: Int
    let firstToken: Int

    init(_ examples: [TrainingExample], step: Int = 0, firstToken: Int = 0) {
        self.step = step
        self.firstToken = firstToken
        var tokens: [Int32] = []
        var positions: [Int] = []
        var segments: [AttentionSegment] = []
        var rows: [Int] = []
        var targets: [Int32] = []
        for example in examples {
            // Nothing is predicted from what follows the last trained token.
            guard let last = example.isTrained.lastIndex(of: true), last > 0 else { continue }
            let first = tokens.count
            for index in 0..<last {
                tokens.append(example.tokens[index])
                positions.append(index)
                guard example.isTrained[index + 1] else { continue }
                rows.append(first + index)
                targets.append(example.tokens[index + 1])
            }
            segments.append(AttentionSegment(rows: first..<tokens.count))
        }
        self.tokens = tokens
        self.positions = positions
        self.segments = segments
        predictingRows = rows
        self.targets = targets
    }
}
