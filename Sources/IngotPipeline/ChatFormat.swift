// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotModel
internal import IngotTemplate
package import IngotTrainer

/// Turns conversations into tokens the way the base model was taught: through its own template.
package struct ChatFormat: Sendable {
    private let template: ChatTemplate
    private let tokenizer: Tokenizer

    /// - Throws: `PipelineError` when the base has no chat template.
    package init(tokenizer: Tokenizer) throws {
        guard let source = tokenizer.chatTemplateSource else {
            throw PipelineError("the base has no chat template: use an instruction-tuned base")
        }
        template = try ChatTemplate(source: source)
        self.tokenizer = tokenizer
    }

    /// The text up to where the assistant's answer starts.
    package func prompt(_ messages: [JSONValue]) throws -> String {
        try render(messages, addsGenerationPrompt: true)
    }

    private func render(_ messages: [JSONValue], addsGenerationPrompt: Bool) throws -> String {
        try template.conversation(
            .array(messages),
            addsGenerationPrompt: addsGenerationPrompt,
            boundaries: tokenizer.boundaryTexts
        )
    }

    /// The tokens of a prompt.
    package func promptTokens(_ messages: [JSONValue]) throws -> [Int32] {
        tokenizer.encode(try prompt(messages), parsingSpecial: true)
    }

    /// The tokens of the answer after `messages`, with what the template puts behind an answer up
    /// to and including the end-of-turn token.
    package func answerTokens(_ answer: String, after messages: [JSONValue]) throws -> [Int32] {
        let example = try example(messages + [["role": "assistant", "content": .string(answer)]])
        let tokens = zip(example.tokens, example.isTrained).filter(\.1).map(\.0)
        guard let end = tokens.firstIndex(where: { endTokens.contains($0) }) else { return tokens }
        return Array(tokens[...end])
    }

    /// Tokens that end an answer.
    package var endTokens: Set<Int32> { Set(tokenizer.endTokens) }

    /// A conversation whose last message is the answer to learn; only the answer and its
    /// end-of-turn token are trained.
    ///
    /// - Throws: `PipelineError` when the template rewrites the prompt once the answer is known, or
    ///   leaves the end of turn out of the answer: both teach the model what it will not be asked.
    package func example(_ messages: [JSONValue]) throws -> TrainingExample {
        let prompt = try promptTokens(Array(messages.dropLast()))
        let whole = tokenizer.encode(
            try render(messages, addsGenerationPrompt: false),
            parsingSpecial: true
        )
        guard whole.starts(with: prompt), whole.count > prompt.count else {
            throw PipelineError(
                "the chat template changes the prompt when the answer follows it; "
                    + "loss on responses needs a template that only appends"
            )
        }
        let answer = whole[prompt.count...]
        guard endTokens.isEmpty || answer.contains(where: endTokens.contains) else {
            throw PipelineError("the chat template puts no end-of-turn token behind an answer")
        }
        let isTrained = whole.indices.map { $0 >= prompt.count }
        return TrainingExample(tokens: whole, isTrained: isTrained)
    }
}
