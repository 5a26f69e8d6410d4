// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotData
internal import IngotTrainer

/// What becomes of examples that are longer than a row or the base's context.
package enum LongExamples: String, Sendable, CaseIterable {
    /// The training does not begin.
    case refuse
    /// They are left out.
    case skip
    /// Their end is left out, and they with it where nothing to learn is left.
    case truncate
}

/// A split as the trainer takes it, with what was left out of it.
struct TokenizedSplit {
    private(set) var examples: [TrainingExample] = []
    private(set) var skippedCount = 0
    private(set) var truncatedCount = 0

    init(_ all: [TrainingExample], limit: Int, long: LongExamples) {
        for example in all {
            guard example.tokens.count > limit, long != .refuse else {
                examples.append(example)
                continue
            }
            let cut = TrainingExample(
                tokens: Array(example.tokens.prefix(limit)),
                isTrained: Array(example.isTrained.prefix(limit))
            )
            if long == .truncate, cut.trainedCount > 0 {
                examples.append(cut)
                truncatedCount += 1
            } else {
                skippedCount += 1
            }
        }
    }

    /// As a statement has it.
    func counts(_ split: Split) -> [String: String] {
        [
            "examples.\(split.rawValue)": "\(examples.count)",
            "examples.\(split.rawValue).skipped": "\(skippedCount)",
            "examples.\(split.rawValue).truncated": "\(truncatedCount)",
        ]
    }

    /// As a run's metrics have it.
    func metrics(_ split: Split) -> [String: Double] {
        [
            "examples.\(split.rawValue).skipped": Double(skippedCount),
            "examples.\(split.rawValue).truncated": Double(truncatedCount),
        ]
    }
}
