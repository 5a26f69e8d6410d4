// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// A model's weights as the passes use them: frozen matrices as they are, norms as fp32 rows.
package struct DecoderWeights: Sendable {
    package struct Layer: Sendable {
        package let attentionNorm: Matrix
        package let feedForwardNorm: Matrix
        private let linear: [LinearLayer]

        init(_ block: Block, lora: (LinearRole) -> LoRAMatrices?) {
            attentionNorm = Matrix(
                rows: 1,
                columns: block.attentionNorm.count,
                values: block.attentionNorm
            )
            feedForwardNorm = Matrix(
                rows: 1,
                columns: block.feedForwardNorm.count,
                values: block.feedForwardNorm
            )
            linear = LinearRole.allCases.map { LinearLayer(weight: block[$0], lora: lora($0)) }
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
        finalNorm = Matrix(rows: 1, columns: model.finalNorm.count, values: model.finalNorm)
        head = model.outputMatrix
        attention = AttentionShape(
            keyValueHeads: configuration.keyValueHeadCount,
            group: configuration.headCount / configuration.keyValueHeadCount,
            headSize: configuration.headSize
        )
    }

    /// The model with an adapter beside it.
    package init(_ model: Model, adapter: Adapter?) {
        self.init(model) { block, role in
            guard let adapter, let pair = adapter[block, role] else { return nil }
            return LoRAMatrices(pair, scale: adapter.configuration.scale)
        }
    }

    /// The rank of a role's update, or 0.
    package func rank(_ role: LinearRole) -> Int {
        layers.map { $0[role].lora?.rank ?? 0 }.max() ?? 0
    }
}
