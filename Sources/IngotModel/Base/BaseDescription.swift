// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotFiles
internal import IngotTensor

/// What a base is, told after it was loaded as a whole: a bad one is refused before it is stored.
///
/// `json` holds only what the files say, so that the same files always give the same text.
package struct BaseDescription: Sendable {
    package let json: JSONValue
    /// The files that make up the base, relative to the directory and sorted; the others in it are
    /// not a model's.
    package let files: [String]

    /// Loads a GGUF file and describes it.
    ///
    /// - Throws: `ModelFileError` for whatever keeps the base from being used.
    package init(ggufFile path: String) throws {
        let file = try GGUFFile(MappedFile(path: path))
        let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
        self.init(
            base: try LoadedModel(path: path, gguf: file),
            format: "gguf",
            types: file.tensors.map(\.type),
            parameterCount: file.tensors.reduce(0) { $0 + $1.valueCount },
            licence: file.metadata["general.license"]?.string,
            files: [name]
        )
    }

    /// Loads a directory in Hugging Face's layout and describes it.
    ///
    /// - Throws: `ModelFileError` for whatever keeps the base from being used, and for pickles,
    ///   which run code when other tools load them.
    package init(directory path: String) throws {
        let directory = HuggingFaceDirectory(path)
        let files = try directory.modelFiles()
        let tensors = try directory.tensors()
        self.init(
            base: try LoadedModel(directory: path),
            format: "huggingFace",
            types: tensors.map(\.type),
            parameterCount: tensors.reduce(0) { $0 + $1.shape.reduce(1, *) },
            licence: try directory.licence(),
            files: files
        )
    }

    private init(
        base: LoadedModel,
        format: String,
        types: [WeightType],
        parameterCount: Int,
        licence: String?,
        files: [String]
    ) {
        let shape = base.model.configuration
        var counts: [String: Int] = [:]
        for type in types { counts[type.name, default: 0] += 1 }
        func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        var members: [String: JSONValue] = [
            "architecture": .string(shape.architecture.rawValue),
            "contextLength": number(shape.contextLength),
            "feedForwardSize": number(shape.feedForwardSize),
            "format": .string(format),
            "headCount": number(shape.headCount),
            "headSize": number(shape.headSize),
            "hiddenSize": number(shape.hiddenSize),
            "keyValueHeadCount": number(shape.keyValueHeadCount),
            "layerCount": number(shape.layerCount),
            "licence": licence.map(JSONValue.string) ?? .null,
            "parameterCount": number(parameterCount),
            "tensorCounts": .object(counts.mapValues(number)),
            "tokenizer": .object([
                "hasChatTemplate": .bool(base.tokenizer.chatTemplateSource != nil),
                "preTokenizer": .string(base.tokenizer.preTokenizer.rawValue),
                "tokenCount": number(base.tokenizer.vocabularySize),
            ]),
            "vocabularySize": number(shape.vocabularySize),
        ]
        if let window = shape.slidingWindow { members["slidingWindow"] = number(window) }
        json = .object(members)
        self.files = files
    }
}
