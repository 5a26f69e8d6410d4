// SPDX-License-Identifier: Apache-2.0

/// Why an answer ended.
package enum FinishReason: String, CaseIterable, Sendable {
    /// The model ended it, or a stop string did.
    case stop
    case length
}

/// Tokens of a request, as clients are told and metrics count.
package struct TokenUsage: Hashable, Sendable {
    package var prompt: Int
    package var completion: Int
    /// Of the prompt: those that the cache held already.
    package var cached: Int
}

/// What happens to a request that was accepted.
///
/// In this order: `started`, `text` any number of times, `finished`; or `failed` alone. A request
/// that is cancelled hears nothing more.
package enum GenerationEvent: Sendable {
    case started
    case text(String)
    case finished(FinishReason, TokenUsage)
    case failed(InferenceError)
}
