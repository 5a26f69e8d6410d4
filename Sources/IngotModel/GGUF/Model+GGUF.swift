// SPDX-License-Identifier: Apache-2.0

package import IngotFiles

extension Model {
    /// A Llama model whose weights stay in the mapped file, in the types they have there; only the
    /// rows of q and k are copied, into Hugging Face's order.
    ///
    /// - Throws: `ModelFileError` for another architecture, a feature that Ingot does not compute,
    ///   and weights that do not fit the configuration.
    package static func load(gguf file: MappedFile) throws -> Model {
        try load(gguf: GGUFFile(file))
    }

    package static func load(gguf file: GGUFFile) throws -> Model {
        let configuration = try GGUFConfiguration(file).read()
        var table = TensorTable(
            source: file.path,
            tensors: file.tensors.map {
                StoredTensor(
                    name: $0.name,
                    shape: $0.shape,
                    type: $0.type,
                    range: $0.range,
                    file: file.file
                )
            }
        )
        return try LlamaTensors.gguf.model(configuration, from: &table)
    }
}
