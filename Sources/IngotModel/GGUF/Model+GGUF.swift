// SPDX-License-Identifier: Apache-2.0

package import IngotFiles

extension Model {
    /// A model whose weights stay in the mapped file, in the types they have there; only a
    /// Llama's rows of q and k are copied, into Hugging Face's order.
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
            tensors: file.tensors.map(file.stored)
        )
        // The configuration has read them.
        if configuration.architecture == .llama { table.ignore(GGUFConfiguration.ropeFactors) }
        return try LlamaTensors.gguf.model(configuration, from: &table)
    }
}

extension GGUFFile {
    func stored(_ tensor: GGUFTensor) -> StoredTensor {
        StoredTensor(
            name: tensor.name,
            shape: tensor.shape,
            type: tensor.type,
            range: tensor.range,
            file: file
        )
    }
}
