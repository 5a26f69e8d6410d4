// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// How the learning rate runs over the steps, after a linear warm-up.
package enum Schedule: String, Sendable, CaseIterable {
    /// Stays at the peak.
    case constant
    /// Falls to zero on a line.
    case linear
    /// Falls to zero on half a cosine.
    case cosine

    /// The share of the peak rate at step 1, 2, …, `steps`, as `transformers`' schedulers give it:
    /// warm-up begins at zero, and the peak is reached right after it.
    package func factor(step: Int, steps: Int, warmup: Int) -> Double {
        if step <= warmup { return Double(step - 1) / Double(warmup) }
        let progress = Double(step - 1 - warmup) / Double(max(1, steps - warmup))
        switch self {
        case .constant: return 1
        case .linear: return 1 - progress
        case .cosine: return 0.5 * (1 + Elementary.cosine(.pi * progress))
        }
    }
}
