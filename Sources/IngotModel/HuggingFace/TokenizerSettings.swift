// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Adds to a tokenizer what the files beside it say: special tokens by name, end tokens, template.
struct TokenizerSettings {
    private let settings: Tokenizer.Settings
    /// Where the files are, for messages: `tokenizer.json`'s own path gives the directory.
    private let directory: String

    init(_ settings: Tokenizer.Settings, file: String) {
        self.settings = settings
        directory = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    }

    func apply(to parts: inout TokenizerParts) throws(ModelFileError) {
        if let bytes = settings.configuration {
            let fields = try JSONFields(
                file: directory + HuggingFaceDirectory.tokenizerConfiguration,
                bytes: bytes
            )
            parts.bosToken = try token("bos_token", fields, parts) ?? parts.bosToken
            parts.eosToken = try token("eos_token", fields, parts)
            parts.padToken = try token("pad_token", fields, parts)
            parts.unknownToken = try token("unk_token", fields, parts)
            parts.chatTemplate = try template(fields)
        }
        if let bytes = settings.generation {
            let fields = try JSONFields(
                file: directory + HuggingFaceDirectory.generation,
                bytes: bytes
            )
            parts.otherEndTokens = try fields.tokens("eos_token_id")
            if parts.eosToken == nil { parts.eosToken = parts.otherEndTokens.first }
        }
        if let bytes = settings.chatTemplate {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ModelFileError(
                    directory + HuggingFaceDirectory.chatTemplate,
                    "is not valid UTF-8",
                    remedy: "fetch the model again"
                )
            }
            parts.chatTemplate = text
        }
    }

    /// A token that is named by its text, or by an object with the text as `content`.
    private func token(
        _ key: String,
        _ fields: JSONFields,
        _ parts: TokenizerParts
    ) throws(ModelFileError) -> Int32? {
        guard let value = fields.value(key) else { return nil }
        guard let text = value.string ?? value["content"]?.string else {
            throw fields.failure(key, "is not a token's text")
        }
        guard let id = parts.tokens.firstIndex(where: { $0.text.utf8.elementsEqual(text.utf8) })
        else { throw fields.failure(key, "'\(text)' is not in the vocabulary") }
        return Int32(id)
    }

    /// One template, or a list of named ones of which `default` counts.
    private func template(_ fields: JSONFields) throws(ModelFileError) -> String? {
        guard let value = fields.value("chat_template") else { return nil }
        if let text = value.string { return text }
        guard let named = value.array?.first(where: { $0["name"] == "default" }),
            let text = named["template"]?.string
        else { throw fields.failure("chat_template", "has no template named 'default'") }
        return text
    }
}
