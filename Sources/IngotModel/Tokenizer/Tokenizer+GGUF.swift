// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
    /// The tokenizer in a GGUF file's metadata (`tokenizer.ggml.*`).
    ///
    /// - Throws: `ModelFileError` for another kind of tokenizer, an unknown pre-tokenizer, and
    ///   lists that contradict each other.
    package init(gguf file: GGUFFile) throws(ModelFileError) {
        try self.init(GGUFTokenizer(file).parts())
    }
}

/// Reads a tokenizer's lists out of GGUF metadata.
private struct GGUFTokenizer {
    let file: GGUFFile

    init(_ file: GGUFFile) { self.file = file }

    func parts() throws(ModelFileError) -> TokenizerParts {
        let preTokenizer = try preTokenizer()
        return TokenizerParts(
            file: file.path,
            preTokenizer: preTokenizer,
            ignoresMerges: preTokenizer.ignoresMerges,
            normalizes: preTokenizer.normalizes,
            tokens: try tokens(),
            merges: try merges(),
            bosToken: try file.token("tokenizer.ggml.bos_token_id"),
            eosToken: try file.token("tokenizer.ggml.eos_token_id"),
            padToken: try file.token("tokenizer.ggml.padding_token_id"),
            unknownToken: try file.token("tokenizer.ggml.unknown_token_id"),
            addsBosToken: file.addsBosToken,
            otherEndTokens: try [
                file.token("tokenizer.ggml.eot_token_id"),
                file.token("tokenizer.ggml.eom_token_id"),
            ].compactMap(\.self),
            chatTemplate: file.metadata["tokenizer.chat_template"]?.string
        )
    }

    private func preTokenizer() throws(ModelFileError) -> PreTokenizer {
        let model = file.metadata["tokenizer.ggml.model"]?.string ?? "none"
        guard model == "gpt2" else {
            throw ModelFileError(
                file.path,
                place: "tokenizer.ggml.model",
                "the tokenizer is of the kind '\(model)'",
                remedy: "Ingot has byte-level BPE ('gpt2'): choose a model with it"
            )
        }
        let name = file.metadata["tokenizer.ggml.pre"]?.string ?? "default"
        guard let preTokenizer = PreTokenizer(ggufName: name) else {
            throw ModelFileError(
                file.path,
                place: "tokenizer.ggml.pre",
                "the pre-tokenizer is '\(name)'",
                remedy: "Ingot has smollm, gpt-2, llama-bpe and qwen2: choose a model with one"
            )
        }
        return preTokenizer
    }

    private func tokens() throws(ModelFileError) -> [TokenizerParts.Token] {
        guard let texts = file.metadata["tokenizer.ggml.tokens"]?.strings else {
            throw failure("tokenizer.ggml.tokens", "is missing")
        }
        guard let types = file.metadata["tokenizer.ggml.token_type"]?.integers else {
            throw failure("tokenizer.ggml.token_type", "is missing")
        }
        guard types.count == texts.count else {
            throw failure(
                "tokenizer.ggml.token_type",
                "has \(types.count) entries for \(texts.count) tokens"
            )
        }
        var tokens: [TokenizerParts.Token] = []
        tokens.reserveCapacity(texts.count)
        for (text, type) in zip(texts, types) {
            // `enum llama_token_type`: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused.
            let kind: TokenizerParts.Kind =
                switch type {
                case 1: .ordinary
                case 2, 3: .special
                case 4: .added
                case 5: .unused
                default:
                    throw failure(
                        "tokenizer.ggml.token_type",
                        "token \(tokens.count) has the type \(type), which byte-level BPE lacks"
                    )
                }
            tokens.append(.init(text: text, kind: kind))
        }
        return tokens
    }

    private func merges() throws(ModelFileError) -> [(left: Substring, right: Substring)] {
        guard let lines = file.metadata["tokenizer.ggml.merges"]?.strings else {
            throw failure("tokenizer.ggml.merges", "is missing")
        }
        var merges: [(left: Substring, right: Substring)] = []
        merges.reserveCapacity(lines.count)
        for line in lines {
            guard let merge = TokenizerParts.merge(line) else {
                throw failure(
                    "tokenizer.ggml.merges",
                    "entry \(merges.count), '\(line)', is not a pair"
                )
            }
            merges.append(merge)
        }
        return merges
    }

    private func failure(_ place: String, _ problem: String) -> ModelFileError {
        ModelFileError(file.path, place: place, problem, remedy: "convert the model again")
    }
}

extension GGUFFile {
    /// A token id in the metadata; llama.cpp writes "none" as -1.
    func token(_ key: String) throws(ModelFileError) -> Int32? {
        guard let value = metadata[key] else { return nil }
        guard let number = value.integer, number <= Int(UInt32.max),
            let token = Int32(exactly: number == Int(UInt32.max) ? -1 : number)
        else {
            throw ModelFileError(
                path,
                place: key,
                "is not a token id",
                remedy: "convert the model again"
            )
        }
        return token == -1 ? nil : token
    }

    /// Llama 3's converters left the key out and meant yes.
    var addsBosToken: Bool {
        metadata["tokenizer.ggml.add_bos_token"]?.bool
            ?? (metadata["tokenizer.ggml.pre"]?.string.flatMap(PreTokenizer.init(ggufName:))
                == .llama3)
    }
}

extension TokenizerParts {
    /// The two parts of a merge that is written with one space between them.
    static func merge(_ line: String) -> (left: Substring, right: Substring)? {
        let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return (Substring(parts[0]), Substring(parts[1]))
    }
}
