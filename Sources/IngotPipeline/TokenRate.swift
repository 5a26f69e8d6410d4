// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotTrainer

/// Tokens a second over the last steps.
struct TokenRate {
    private var recent: [(tokens: Int, seconds: Double)] = []

    /// A step's progress.
    mutating func progress(_ metrics: StepMetrics) -> PipelineEvent {
        let speed = add(metrics.tokenCount, seconds: metrics.seconds)
        return .progress(
            .train,
            fraction: Double(metrics.step) / Double(max(metrics.stepCount, 1)),
            note: "loss \(FixedDecimal.text(metrics.loss, 4)), \(Int(speed)) tokens/s"
        )
    }

    private mutating func add(_ tokens: Int, seconds: Double) -> Double {
        recent.append((tokens, seconds))
        if recent.count > 8 { recent.removeFirst() }
        let time = recent.reduce(0) { $0 + $1.seconds }
        return time > 0 ? Double(recent.reduce(0) { $0 + $1.tokens }) / time : 0
    }
}
