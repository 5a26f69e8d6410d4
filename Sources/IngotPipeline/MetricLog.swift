// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotTrainer

/// The metrics of every step as a blob: JSON objects, one a line.
///
/// Times are left out, so that the same training gives the same bytes.
struct MetricLog {
    private let steps: [StepMetrics]
    /// The step that the adapter is of.
    private let kept: Int

    init(_ result: TrainingResult) {
        steps = result.metrics
        kept = result.step
    }

    var bytes: [UInt8] {
        steps.flatMap { step in
            var members: [String: JSONValue] = [
                "step": .integer(Int64(step.step)), "loss": .number(step.loss),
                "learning_rate": .number(step.learningRate),
                "gradient_norm": .number(step.gradientNorm),
                "tokens": .integer(Int64(step.tokenCount)),
            ]
            if let loss = step.validationLoss { members["validation_loss"] = .number(loss) }
            if step.step == kept { members["kept"] = true }
            return JSONValue.object(members).canonicalBytes + [0x0A]
        }
    }

    /// `3.9012 → 1.2034, validation 1.3100`.
    var firstAndLast: String {
        guard let first = steps.first, let last = steps.last else { return "unknown" }
        let curve = "\(FixedDecimal.text(first.loss, 4)) → \(FixedDecimal.text(last.loss, 4))"
        let validated = steps.last { $0.step <= kept && $0.validationLoss != nil }
        guard let loss = validated?.validationLoss else { return curve }
        let step = kept == last.step ? "" : " at step \(kept), which is kept"
        return "\(curve), validation \(FixedDecimal.text(loss, 4))\(step)"
    }
}

extension StepMetrics {
    /// As the catalog keeps them.
    var values: [String: Double] {
        var values = [
            "loss": loss, "learning_rate": learningRate, "gradient_norm": gradientNorm,
            "tokens": Double(tokenCount), "seconds": seconds,
        ]
        if let validationLoss { values["validation_loss"] = validationLoss }
        return values
    }
}
