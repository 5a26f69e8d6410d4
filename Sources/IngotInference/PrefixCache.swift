// SPDX-License-Identifier: Apache-2.0

internal import IngotModel

/// The decoder's state after the last request.
///
/// The next one with the same beginning (the system prompt, the conversation so far) computes only
/// what is new. Invariant: `tokens` are
/// exactly those that `cache` has seen.
struct PrefixCache: Sendable {
    private var cache: KVCache
    private var tokens: [Int32] = []
    /// The end of the prompt, not yet computed: generation starts with it.
    private var rest: [Int32] = []

    /// Rows of one uninterruptible pass of the prompt.
    private static let passRows = 256

    init(_ decoder: Decoder) {
        cache = decoder.makeCache(capacity: decoder.model.configuration.contextLength)
    }

    /// Computes the prompt but its end; `isWanted` is asked between passes.
    ///
    /// - Returns: how many tokens were there already; nil when the prompt is no longer wanted.
    mutating func extend(
        by prompt: [Int32],
        decoder: Decoder,
        while isWanted: () -> Bool
    ) -> Int? {
        // At least the last token is computed again: its logits are not kept.
        var common = 0
        let limit = min(tokens.count, prompt.count - 1)
        while common < limit, tokens[common] == prompt[common] { common += 1 }
        cache.truncate(to: common)
        tokens.removeLast(tokens.count - common)
        var next = common
        while prompt.count - next > Self.passRows {
            guard isWanted() else { return nil }
            let piece = Array(prompt[next..<next + Self.passRows])
            _ = decoder.forward(piece, cache: &cache, logits: .none)
            tokens += piece
            next += piece.count
        }
        rest = Array(prompt[next...])
        return isWanted() ? common : nil
    }

    mutating func generate(
        decoder: Decoder,
        sampling: Sampling,
        maximumTokens: Int,
        stop: Set<Int32>,
        onToken: (Int32) -> Bool
    ) -> [Int32] {
        let answer = decoder.generate(
            prompt: rest,
            cache: &cache,
            sampling: sampling,
            maximumTokens: maximumTokens,
            stop: stop,
            onToken: onToken
        )
        // The last token of an answer was chosen, and not yet seen by the cache.
        tokens = Array((tokens + rest + answer).prefix(cache.count))
        return answer
    }
}
