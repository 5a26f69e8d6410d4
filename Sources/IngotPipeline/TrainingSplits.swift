// SPDX-License-Identifier: Apache-2.0

/// What a training reads.
struct TrainingSplits {
    let train: TokenizedSplit
    let validation: TokenizedSplit

    /// What was left out, where anything was.
    var metrics: [String: Double] {
        let all = train.metrics(.train).merging(validation.metrics(.validation)) { _, new in new }
        return all.filter { $0.value > 0 }
    }

    var note: String? {
        let skipped = train.skippedCount + validation.skippedCount
        let truncated = train.truncatedCount + validation.truncatedCount
        guard skipped + truncated > 0 else { return nil }
        return "examples longer than a row or the context: \(skipped) skipped, "
            + "\(truncated) truncated"
    }
}
