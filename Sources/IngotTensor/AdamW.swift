// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// AdamW as PyTorch computes it: decoupled weight decay, bias-corrected moments.
package struct AdamW: Sendable {
    package var weightDecay: Double
    package var beta1: Double
    package var beta2: Double
    package var epsilon: Double

    package init(
        weightDecay: Double = 0,
        beta1: Double = 0.9,
        beta2: Double = 0.999,
        epsilon: Double = 1e-8
    ) {
        self.weightDecay = weightDecay
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    /// Moments of `count` parameters and the number of steps they have seen.
    package struct State: Sendable {
        package let first: FloatBuffer
        package let second: FloatBuffer
        package internal(set) var step = 0
        /// betaᵗ, multiplied up step by step.
        var power1 = 1.0
        var power2 = 1.0

        package init(count: Int) {
            first = FloatBuffer(count: count)
            second = FloatBuffer(count: count)
        }

        /// What `adam` had left after `step` steps.
        package init(first: [Float], second: [Float], step: Int, of adam: AdamW) {
            precondition(first.count == second.count, "two moments of each parameter")
            self.first = FloatBuffer(first)
            self.second = FloatBuffer(second)
            self.step = step
            for _ in 0..<step {
                power1 *= adam.beta1
                power2 *= adam.beta2
            }
        }
    }

    /// Updates `parameters` by the gradients times `gradientScale` (for clipping).
    package func step(
        _ parameters: FloatBuffer,
        gradients: FloatBuffer,
        gradientScale: Float,
        rate: Double,
        state: inout State,
        compute: Compute
    ) {
        precondition(
            gradients.count == parameters.count && state.first.count == parameters.count,
            "one gradient for each parameter"
        )
        state.step += 1
        state.power1 *= beta1
        state.power2 *= beta2
        let constants = ingot_adam(
            decay: Float(1 - rate * weightDecay),
            beta1: Float(beta1),
            beta2: Float(beta2),
            step: Float(rate / (1 - state.power1)),
            correction: Float((1 - state.power2).squareRoot()),
            epsilon: Float(epsilon),
            gradient: gradientScale
        )
        let (first, second) = (state.first, state.second)
        let count = parameters.count
        compute.pool.run((count + Self.block - 1) / Self.block) { task, _ in
            let start = task * Self.block
            var constants = constants
            // Safe: each task has its own part of four buffers of `count` elements.
            unsafe compute.table.pointee.adam_step(
                parameters.pointer + start,
                gradients.pointer + start,
                first.pointer + start,
                second.pointer + start,
                &constants,
                min(Self.block, count - start)
            )
        }
    }

    private static let block = 16384
}
