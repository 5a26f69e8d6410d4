// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// A model's weights as the passes use them: frozen matrices as they are, norms as fp32 rows.
package struct DecoderWeights: Sendable {
    package struct Layer: Sendable {
        package let attentionNorm: Matrix
        package let feedForwardNorm: Matrix
        /// Norms in every head of q and k, [1, headSize].
        package let headNorms: (q: Matrix, k: Matrix)?
        private let linear: [LinearLayer]

        init(_ block: Block, lora: (LinearRole) -> LoRAMatrices?) {
            attentionNorm = Matrix(row: block.attentionNorm)
            feedForwardNorm = Matrix(row: block.feedForwardNorm)
            headNorms = block.headNorms.map { (Matrix(row: $0.q), Matrix(row: $0.k)) }
            linear = LinearRole.allCases.map { role in
                LinearLayer(
                    weight: block[role],
                    bias: block.biases[role].map(Matrix.init(row:)),
                    lora: lora(role)
                )
            }
        }

        package subscript(role: LinearRole) -> LinearLayer { linear[role.index] }
    }

    package let configuration: ModelConfiguration
    package let embedding: WeightMatrix
    package let layers: [Layer]
    package let finalNorm: Matrix
    /// [vocabularySize, hiddenSize].
    package let head: WeightMatrix
    package let attention: AttentionShape

    /// `lora` gives the trained matrices of a block and role, where there are any.
    package init(_ model: Model, lora: (_ block: Int, _ role: LinearRole) -> LoRAMatrices?) {
        configuration = model.configuration
        embedding = model.embedding
        layers = model.blocks.enumerated().map { index, block in
            Layer(block) { lora(index, $0) }
        }
        finalNorm = Matrix(row: model.finalNorm)
        head = model.outputMatrix
        attention = AttentionShape(
            keyValueHeads: configuration.keyValueHeadCount,
            group: configuration.headCount / configuration.keyValueHeadCount,
            headSize: configuration.headSize,
            window: configuration.slidingWindow
        )
    }

    /// The model with an adapter beside it.
    package init(_ model: Model, adapter: Adapter?) {
        self.init(model) { block, role in
            guard let adapter, let pair = adapter[block, role] else { return nil }
            return LoRAMatrices(pair, scale: adapter.configuration.scale(block, role))
        }
    }

    /// The rank of a role's update, or 0.
    package func rank(_ role: LinearRole) -> Int {
        layers.map { $0[role].lora?.rank ?? 0 }.max() ?? 0
    }
}
