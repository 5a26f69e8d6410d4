// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

extension Model {
    /// The model with the linear layers of its blocks quantised in memory; norms, biases, embedding
    /// and head stay as they are, as with bitsandbytes in transformers.
    ///
    /// - Throws: `ModelFileError`, naming `base`, for layers that are quantised already or whose
    ///   rows are not whole blocks.
    package func quantised(
        _ quantisation: Quantisation,
        threads: Int,
        base: String
    ) throws -> Model {
        let compute = Compute(threads: threads)
        return Model(
            configuration: configuration,
            embedding: embedding,
            blocks: try blocks.enumerated().map { index, block in
                try Block(
                    attentionNorm: block.attentionNorm,
                    feedForwardNorm: block.feedForwardNorm,
                    biases: block.biases,
                    headNorms: block.headNorms
                ) { role in
                    let weight = block[role]
                    guard [.f32, .f16, .bf16].contains(weight.type) else {
                        throw ModelFileError(
                            base,
                            place: "block \(index) \(role.rawValue)",
                            "is quantised already, to \(weight.type.name)",
                            remedy: "train without quantisation, over the base as it is"
                        )
                    }
                    guard let result = weight.quantised(quantisation, compute: compute) else {
                        throw ModelFileError(
                            base,
                            place: "block \(index) \(role.rawValue)",
                            "has rows of \(weight.columns), not whole blocks of "
                                + "\(quantisation.type.blockLength) values",
                            remedy: "train without quantisation"
                        )
                    }
                    return result
                }
            },
            finalNorm: finalNorm,
            head: head
        )
    }
}
