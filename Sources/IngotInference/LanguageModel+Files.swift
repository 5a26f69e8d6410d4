// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles
internal import IngotModel
internal import IngotTemplate

extension LanguageModel {
    /// Reads the model's files, and the adapter's beside it.
    ///
    /// - Throws: an error that names the file, the place in it and the remedy.
    package init(loading options: ServerOptions) throws {
        let model: Model
        let tokenizer: Tokenizer
        if try Files.entry(at: options.modelPath) == .directory {
            model = try Model.load(directory: options.modelPath)
            tokenizer = try Tokenizer.load(directory: options.modelPath)
        } else {
            let file = try GGUFFile(MappedFile(path: options.modelPath))
            model = try Model.load(gguf: file)
            tokenizer = try Tokenizer(gguf: file)
        }
        let adapter = try options.adapterPath.map {
            try Adapter.load(directory: $0, for: model.configuration)
        }
        try self.init(
            name: options.name,
            tokenizer: tokenizer,
            template: tokenizer.chatTemplateSource.map { try ChatTemplate(source: $0) },
            decoder: Decoder(model: model, adapter: adapter, threads: options.threads)
        )
    }
}
