// SPDX-License-Identifier: Apache-2.0

/// A linear layer of a block; raw values are the module names of Hugging Face and PEFT.
package enum LinearRole: String, Sendable, CaseIterable {
    /// Queries.
    case q = "q_proj"
    /// Keys.
    case k = "k_proj"
    /// Values.
    case v = "v_proj"
    /// Output of the attention.
    case o = "o_proj"
    /// Gate of the feed-forward part.
    case gate = "gate_proj"
    /// The gated half of the feed-forward part.
    case up = "up_proj"
    /// Back to the hidden size.
    case down = "down_proj"

    /// Position in `allCases`: the order of storage and of seeds.
    package var index: Int {
        switch self {
        case .q: 0
        case .k: 1
        case .v: 2
        case .o: 3
        case .gate: 4
        case .up: 5
        case .down: 6
        }
    }
}
