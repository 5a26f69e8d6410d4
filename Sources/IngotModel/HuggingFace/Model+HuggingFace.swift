// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

extension Model {
    /// A model from a directory in Hugging Face's layout: `config.json` and
    /// `model.safetensors`, or its shards with `model.safetensors.index.json`.
    ///
    /// Weights stay in the mapped files, in F32, F16 or BF16.
    /// - Throws: `ModelFileError` for another architecture, a feature that Ingot does not compute,
    ///   and weights that do not fit the configuration.
    package static func load(directory: String) throws -> Model {
        let path = "\(directory)/\(HuggingFaceDirectory.configuration)"
        guard let fields = try JSONFields.read(path, limit: 1 << 20) else {
            throw ModelFileError(
                directory,
                "has no config.json",
                remedy: "name a directory in Hugging Face's layout, or a GGUF file"
            )
        }
        let configuration = try HuggingFaceConfiguration(fields).read()
        let tensors = try HuggingFaceDirectory(directory).tensors()
        var table = TensorTable(source: directory, tensors: tensors)
        try skipRedundant(tensors, configuration, &table)
        return try LlamaTensors.huggingFace.model(configuration, from: &table)
    }

    /// Old converters stored the rotary frequencies, and some a tied head as well.
    private static func skipRedundant(
        _ tensors: [StoredTensor],
        _ configuration: ModelConfiguration,
        _ table: inout TensorTable
    ) throws(ModelFileError) {
        let names = LlamaTensors.huggingFace
        for tensor in tensors where tensor.name.hasSuffix(".rotary_emb.inv_freq") {
            table.ignore(tensor.name)
        }
        guard configuration.hasTiedHead,
            let head = tensors.first(where: { $0.name == names.head }),
            let embedding = tensors.first(where: { $0.name == names.embedding })
        else { return }
        guard head.type == embedding.type, unsafe head.bytes.elementsEqual(embedding.bytes) else {
            throw ModelFileError(
                head.file.path,
                place: "tensor \(head.name)",
                "differs from the embedding, but the configuration ties the two",
                remedy: "set tie_word_embeddings to false in config.json"
            )
        }
        table.ignore(head.name)
    }
}
