// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

extension Tokenizer {
    /// The files beside `tokenizer.json` that say how the tokenizer is used; all may be missing.
    package struct Settings: Sendable {
        /// `tokenizer_config.json`: the special tokens' names, and the chat template.
        package var configuration: [UInt8]?
        /// `generation_config.json`: further end tokens.
        package var generation: [UInt8]?
        /// `chat_template.jinja`; comes before the configuration's.
        package var chatTemplate: [UInt8]?

        package init(
            configuration: [UInt8]? = nil,
            generation: [UInt8]? = nil,
            chatTemplate: [UInt8]? = nil
        ) {
            self.configuration = configuration
            self.generation = generation
            self.chatTemplate = chatTemplate
        }
    }

    // tokenizer.json of a vocabulary of 262,144 has 33 MB.
    private static let byteLimit = 1 << 27
    private static let settingsByteLimit = 1 << 24

    /// The tokenizer of a directory in Hugging Face's layout.
    package static func load(directory: String) throws -> Tokenizer {
        let names = HuggingFaceDirectory.self
        func read(_ name: String) throws -> [UInt8]? {
            do {
                return try Files.read("\(directory)/\(name)", limit: settingsByteLimit)
            } catch let error as FileError where error.isMissing {
                return nil
            }
        }
        let path = "\(directory)/\(names.tokenizer)"
        guard try Files.entry(at: path) != nil else {
            throw ModelFileError(
                directory,
                "has no tokenizer.json",
                remedy: "save the tokenizer with a current transformers (save_pretrained)"
            )
        }
        return try Tokenizer(
            tokenizerJSON: Files.read(path, limit: byteLimit),
            settings: Settings(
                configuration: read(names.tokenizerConfiguration),
                generation: read(names.generation),
                chatTemplate: read(names.chatTemplate)
            ),
            file: path
        )
    }

    /// The tokenizer in `tokenizer.json`, as the `tokenizers` library writes it.
    ///
    /// - Throws: `ModelFileError` for another model than byte-level BPE, a pre-tokenizer or
    ///   normalizer that Ingot lacks, and lists that contradict each other.
    package init(
        tokenizerJSON: [UInt8],
        settings: Settings = Settings(),
        file: String = "tokenizer.json"
    ) throws(ModelFileError) {
        let fields = try JSONFields(file: file, bytes: tokenizerJSON)
        var parts = try TokenizerJSON(fields).parts()
        try TokenizerSettings(settings, file: file).apply(to: &parts)
        try self.init(parts)
    }
}
