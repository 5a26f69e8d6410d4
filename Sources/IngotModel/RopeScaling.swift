// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Ways to stretch a model's context, each told by what it divides the rotary frequencies by.
enum RopeScaling: Equatable {
    /// All frequencies by one factor.
    case linear(factor: Float)
    /// Llama 3.1's: waves longer than `originalContext` / `lowFactor` by `factor`, those shorter
    /// than `originalContext` / `highFactor` by 1, and what is between by a blend of the two.
    case llama3(factor: Float, lowFactor: Float, highFactor: Float, originalContext: Float)

    func divisors(headSize: Int, base: Float) -> [Float] {
        switch self {
        case .linear(let factor):
            return Array(repeating: factor, count: headSize / 2)
        case .llama3(let factor, let lowFactor, let highFactor, let originalContext):
            // Single precision, operation by operation as in llama.cpp's converter.
            return RotaryAngles.frequencies(headSize: headSize, base: base).map { frequency in
                let wavesInContext = originalContext / (Float(2 * Double.pi) / frequency)
                if wavesInContext < lowFactor { return factor }
                if wavesInContext > highFactor { return 1 }
                let share = (wavesInContext - lowFactor) / (highFactor - lowFactor)
                return 1 / ((1 - share) / factor + share)
            }
        }
    }
}
