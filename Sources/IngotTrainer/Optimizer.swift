// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Clips a step's gradients by their global norm and updates the parameters.
struct Optimizer {
    private let adam: AdamW
    private(set) var moments: AdamW.State
    private let clipNorm: Double
    private let parameters: LoRAParameters

    init(_ configuration: TrainingConfiguration, parameters: LoRAParameters) {
        adam = AdamW(
            weightDecay: configuration.weightDecay,
            beta1: configuration.beta1,
            beta2: configuration.beta2,
            epsilon: configuration.epsilon
        )
        moments = AdamW.State(count: parameters.values.count)
        clipNorm = configuration.clipNorm
        self.parameters = parameters
    }

    /// Goes on after `step` steps that left these moments.
    mutating func restore(first: [Float], second: [Float], step: Int) {
        moments = AdamW.State(first: first, second: second, step: step, of: adam)
    }

    /// The norm before clipping.
    ///
    /// - Throws: `TrainerError` naming the step if the norm is not finite.
    mutating func step(rate: Double, number: Int, compute: Compute) throws -> Double {
        let all = Matrix(parameters.gradients, rows: 1, columns: parameters.gradients.count)
        let norm = compute.squareSum(all).squareRoot()
        guard norm.isFinite else {
            throw TrainerError(
                .lossNotFinite,
                "step \(number): the gradient is not a finite number; lower the learning rate"
            )
        }
        // As torch.nn.utils.clip_grad_norm_, its 1e-6 included.
        let factor = clipNorm > 0 ? min(1, clipNorm / (norm + 1e-6)) : 1
        adam.step(
            parameters.values,
            gradients: parameters.gradients,
            gradientScale: Float(factor),
            rate: rate,
            state: &moments,
            compute: compute
        )
        return norm
    }
}
