// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// A frozen base model: its shape and its weights.
package struct Model: Sendable {
    package let configuration: ModelConfiguration
    /// [vocabularySize, hiddenSize].
    package let embedding: WeightMatrix
    package let blocks: [Block]
    package let finalNorm: [Float]
    /// [vocabularySize, hiddenSize]; nil where the embedding is the head too.
    package let head: WeightMatrix?

    /// The loaders check every shape with a message of their own before they come here.
    package init(
        configuration: ModelConfiguration,
        embedding: WeightMatrix,
        blocks: [Block],
        finalNorm: [Float],
        head: WeightMatrix?
    ) {
        let shape = configuration
        precondition(
            embedding.rows == shape.vocabularySize && embedding.columns == shape.hiddenSize,
            "shape of the embedding"
        )
        precondition(blocks.count == shape.layerCount, "number of blocks")
        precondition(finalNorm.count == shape.hiddenSize, "width of the final norm")
        precondition(shape.headSize > 0 && shape.headSize.isMultiple(of: 2), "head size")
        precondition(
            shape.keyValueHeadCount > 0
                && shape.headCount.isMultiple(of: shape.keyValueHeadCount),
            "groups of heads"
        )
        for block in blocks {
            precondition(block.attentionNorm.count == shape.hiddenSize, "width of a norm")
            precondition(block.feedForwardNorm.count == shape.hiddenSize, "width of a norm")
            for role in LinearRole.allCases {
                let (rows, columns) = shape.shape(of: role)
                precondition(
                    block[role].rows == rows && block[role].columns == columns,
                    "shape of \(role.rawValue)"
                )
                precondition(block.biases[role]?.count ?? rows == rows, "width of a bias")
            }
            if let norms = block.headNorms {
                precondition(
                    norms.q.count == shape.headSize && norms.k.count == shape.headSize,
                    "width of a head's norm"
                )
            }
        }
        if let head {
            precondition(
                head.rows == shape.vocabularySize && head.columns == shape.hiddenSize,
                "shape of the head"
            )
        }
        self.configuration = configuration
        self.embedding = embedding
        self.blocks = blocks
        self.finalNorm = finalNorm
        self.head = head
    }

    /// The matrix that turns hidden states into logits.
    package var outputMatrix: WeightMatrix { head ?? embedding }
}
