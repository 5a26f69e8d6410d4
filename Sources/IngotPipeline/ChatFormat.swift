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

    /// Which tokens of a conversation are learned.
    package enum Learning: String, Sendable, CaseIterable {
        /// The last message, with its end of turn.
        case last
        /// Every message of the assistant, each with its end of turn.
        case assistant
        /// All of them.
        case all
    }

    /// A conversation whose last message is an answer, and what of it is learned.
    ///
    /// - Throws: `PipelineError` when the template rewrites what was said once more is said, or
    ///   leaves the end of turn out of an answer: both teach the model what it will not be asked.
    package func example(
        _ messages: [JSONValue],
        learning: Learning = .last
    ) throws -> TrainingExample {
        let whole = tokenizer.encode(
            try render(messages, addsGenerationPrompt: false),
            parsingSpecial: true
        )
        var isTrained = [Bool](repeating: learning == .all, count: whole.count)
        guard learning != .all else { return TrainingExample(tokens: whole, isTrained: isTrained) }
        for index in messages.indices where messages[index]["role"] == "assistant" {
            let isLast = index == messages.count - 1
            guard isLast || learning == .assistant else { continue }
            for place in try span(of: index, in: messages, whole, isLast: isLast) {
                isTrained[place] = true
            }
        }
        return TrainingExample(tokens: whole, isTrained: isTrained)
    }

    /// The tokens of an answer and of what the template puts behind it.
    private func span(
        of index: Int,
        in messages: [JSONValue],
        _ whole: [Int32],
        isLast: Bool
    ) throws -> Range<Int> {
        let prompt = try promptTokens(Array(messages[..<index]))
        let end =
            isLast
            ? whole
            : tokenizer.encode(
                try render(Array(messages[...index]), addsGenerationPrompt: false),
                parsingSpecial: true
            )
        guard whole.starts(with: prompt), whole.starts(with: end), end.count > prompt.count else {
            throw PipelineError(
                isLast
                    ? "the chat template changes the prompt when the answer follows it; "
                        + "loss on responses needs a template that only appends"
                    : "the chat template changes message \(index + 1) when others follow it: learn "
                        + "the last answer alone, with train.loss_on: last"
            )
        }
        let span = prompt.count..<end.count
        guard endTokens.isEmpty || whole[span].contains(where: endTokens.contains) else {
            throw PipelineError("the chat template puts no end-of-turn token behind an answer")
        }
        return span
    }
}
