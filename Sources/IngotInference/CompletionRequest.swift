// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The body of `POST /v1/completions`.
package struct CompletionRequest: Hashable, Sendable {
    package enum Prompt: Hashable, Sendable {
        case text(String)
        case tokens([Int32])
    }

    package let prompt: Prompt
    package let options: GenerationOptions

    /// OpenAI's default for this path.
    static let defaultMaximumTokens = 16

    package init(json: JSONValue) throws(InferenceError) {
        let fields = try RequestFields(json)
        prompt = try Self.prompt(fields)
        var options = try GenerationOptions(fields, tokenFields: ["max_tokens"])
        options.maximumTokens = options.maximumTokens ?? Self.defaultMaximumTokens
        self.options = options
        try fields.refuse("echo", unless: false)
        try fields.refuse("logprobs")
        try fields.refuse("suffix", unless: "")
        try fields.refuse("best_of", unless: 1)
    }

    private static func prompt(_ fields: RequestFields) throws(InferenceError) -> Prompt {
        let problem = InferenceError.invalid("prompt", "expected a text or a list of token ids")
        switch fields["prompt"] {
        case .string(let text): return .text(text)
        case .array(let elements):
            if elements.count == 1, let text = elements[0].string { return .text(text) }
            if elements.count == 1, case .array(let inner) = elements[0] {
                return .tokens(try tokens(inner, otherwise: problem))
            }
            if elements.contains(where: { $0.integer == nil }) && elements.count > 1 {
                throw .invalid("prompt", "one prompt for each request")
            }
            return .tokens(try tokens(elements, otherwise: problem))
        default: throw problem
        }
    }

    private static func tokens(
        _ elements: [JSONValue],
        otherwise problem: InferenceError
    ) throws(InferenceError) -> [Int32] {
        let tokens = elements.compactMap { $0.integer.flatMap(Int32.init(exactly:)) }
        guard tokens.count == elements.count, !tokens.isEmpty else { throw problem }
        return tokens
    }
}
