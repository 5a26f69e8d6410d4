// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
package import IngotModel
package import IngotTemplate

/// A model that can be served: the decoder with everything between text and tokens.
package struct LanguageModel: Sendable {
    /// What requests call it.
    package let name: String
    package let tokenizer: Tokenizer
    /// Nil for a model that only continues text.
    package let template: ChatTemplate?
    package let decoder: Decoder

    package init(
        name: String,
        tokenizer: Tokenizer,
        template: ChatTemplate?,
        decoder: Decoder
    ) {
        self.name = name
        self.tokenizer = tokenizer
        self.template = template
        self.decoder = decoder
    }

    package var contextLength: Int { decoder.model.configuration.contextLength }

    /// The tokens of a conversation, up to where the assistant's answer begins.
    ///
    /// The template writes BOS itself where the model wants one.
    func prompt(of chat: ChatRequest) throws(InferenceError) -> [Int32] {
        guard let template else {
            throw .invalid(
                "messages",
                "the model \(name) has no chat template; use /v1/completions"
            )
        }
        do {
            let text = try template.conversation(
                chat.templateMessages,
                addsGenerationPrompt: true,
                boundaries: tokenizer.boundaryTexts
            )
            return tokenizer.encode(text, parsingSpecial: true)
        } catch {
            throw .invalid("messages", "the model's chat template refuses them: \(error.problem)")
        }
    }

    func prompt(of completion: CompletionRequest) throws(InferenceError) -> [Int32] {
        switch completion.prompt {
        case .text(let text):
            let tokens = tokenizer.encode(text, parsingSpecial: true)
            guard tokenizer.addsBosToken, let bos = tokenizer.bosToken else { return tokens }
            return [bos] + tokens
        case .tokens(let tokens):
            let count = decoder.model.configuration.vocabularySize
            if let wrong = tokens.first(where: { $0 < 0 || $0 >= count }) {
                throw .invalid("prompt", "token \(wrong) is not one of the model's \(count)")
            }
            return tokens
        }
    }
}
