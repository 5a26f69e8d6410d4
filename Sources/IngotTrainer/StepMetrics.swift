// SPDX-License-Identifier: Apache-2.0

package import IngotModel

/// What one step of training was like.
package struct StepMetrics: Sendable, Equatable {
    /// From 1.
    package let step: Int
    package let stepCount: Int
    /// Mean over the step's trained tokens, before the update.
    package let loss: Double
    package let learningRate: Double
    /// Before clipping.
    package let gradientNorm: Double
    /// Tokens computed.
    package let tokenCount: Int
    /// Tokens with a loss.
    package let trainedTokenCount: Int
    package let seconds: Double
    /// After the update; nil where the step was not followed by a validation.
    package let validationLoss: Double?
}

/// A finished training.
package struct TrainingResult: Sendable {
    package let adapter: Adapter
    package let metrics: [StepMetrics]
    /// The step after which the adapter was as it is: the last one, or the one with the best
    /// validation.
    package let step: Int

    /// The validation's loss of the adapter.
    package var validationLoss: Double? {
        metrics.last(where: { $0.step <= step && $0.validationLoss != nil })?.validationLoss
    }
}
