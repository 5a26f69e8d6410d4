// SPDX-License-Identifier: Apache-2.0

package import IngotCore

extension ChatTemplate {
    /// A conversation as text; with `addsGenerationPrompt` up to where the answer starts.
    ///
    /// Training, evaluation and serving all come here, so that a model is asked as it was taught.
    /// `boundaries` are the texts of the tokens that begin and end a text.
    package func conversation(
        _ messages: JSONValue,
        addsGenerationPrompt: Bool,
        boundaries: (bos: String, eos: String)
    ) throws(TemplateError) -> String {
        let variables: [String: JSONValue] = [
            "messages": messages, "add_generation_prompt": .bool(addsGenerationPrompt),
            "bos_token": .string(boundaries.bos), "eos_token": .string(boundaries.eos),
        ]
        return try render(variables)
    }
}
