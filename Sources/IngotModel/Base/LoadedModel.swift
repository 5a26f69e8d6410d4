// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// Weights and tokenizer of one GGUF file or one Hugging Face directory.
package struct LoadedModel: Sendable {
    package let model: Model
    package let tokenizer: Tokenizer

    /// Loads a GGUF file, a directory that holds exactly one, or a directory in Hugging Face's
    /// layout.
    package static func load(at path: String) throws -> LoadedModel {
        guard let file = try ggufFile(at: path) else { return try LoadedModel(directory: path) }
        return try LoadedModel(path: file, gguf: GGUFFile(MappedFile(path: file)))
    }

    init(path: String, gguf file: GGUFFile) throws {
        try self.init(path: path, model: Model.load(gguf: file), tokenizer: Tokenizer(gguf: file))
    }

    init(directory path: String) throws {
        try self.init(
            path: path,
            model: Model.load(directory: path),
            tokenizer: Tokenizer.load(directory: path)
        )
    }

    /// The model and the tokenizer must be of one another: every token needs a row.
    private init(path: String, model: Model, tokenizer: Tokenizer) throws(ModelFileError) {
        guard tokenizer.vocabularySize <= model.configuration.vocabularySize else {
            throw ModelFileError(
                path,
                place: "tokenizer",
                "has \(tokenizer.vocabularySize) tokens, but the model's vocabulary "
                    + "is \(model.configuration.vocabularySize)",
                remedy: "model and tokenizer are of different models: fetch them again"
            )
        }
        self.model = model
        self.tokenizer = tokenizer
    }

    /// Nil when `path` is a directory in another layout.
    static func ggufFile(at path: String) throws -> String? {
        switch try Files.entry(at: path) {
        case nil: throw ModelFileError(path, "there is no such file or directory")
        case .directory:
            let names = try Files.names(in: path).filter { $0.hasSuffix(".gguf") }
            guard names.count <= 1 else {
                throw ModelFileError(
                    path,
                    "holds \(names.count) GGUF files",
                    remedy: "name one of them: \(names.joined(separator: ", "))"
                )
            }
            return names.first.map { "\(path)/\($0)" }
        case .link where try isDirectory(path): return try ggufFile(at: path + "/.")
        default: return path
        }
    }

    private static func isDirectory(_ path: String) throws -> Bool {
        try Files.entry(at: path + "/.") == .directory
    }
}
