// SPDX-License-Identifier: Apache-2.0

extension Decoder {
    /// Continues `prompt` until a stop token (not returned), `maximumTokens`, the end of the
    /// model's context, or until `onToken` returns false (its token is still returned).
    package func generate(
        prompt: [Int32],
        sampling: Sampling,
        maximumTokens: Int,
        stop: Set<Int32>,
        onToken: (Int32) -> Bool = { _ in true }
    ) -> [Int32] {
        let context = max(model.configuration.contextLength, prompt.count)
        var cache = makeCache(
            capacity: min(context, prompt.count + max(0, maximumTokens))
        )
        return generate(
            prompt: prompt,
            cache: &cache,
            sampling: sampling,
            maximumTokens: maximumTokens,
            stop: stop,
            onToken: onToken
        )
    }

    /// The same behind what `cache` holds already; stops when the cache is full.
    package func generate(
        prompt: [Int32],
        cache: inout KVCache,
        sampling: Sampling,
        maximumTokens: Int,
        stop: Set<Int32>,
        onToken: (Int32) -> Bool = { _ in true }
    ) -> [Int32] {
        var answer: [Int32] = []
        guard !prompt.isEmpty, maximumTokens > 0 else { return answer }
        var logits = forward(prompt, cache: &cache, logits: .last)
        while true {
            let token = sampling.choose(logits, index: answer.count, compute: compute)
            if stop.contains(token) { break }
            answer.append(token)
            guard onToken(token), answer.count < maximumTokens, cache.remaining > 0 else { break }
            logits = forward([token], cache: &cache, logits: .last)
        }
        return answer
    }
}
