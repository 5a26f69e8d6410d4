// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// A block's forward pass: the same code, and so the same bits, in training and in serving.
package struct BlockForward: Sendable {
    let compute: Compute
    let configuration: ModelConfiguration
    let attention: AttentionShape

    package init(_ weights: DecoderWeights, compute: Compute) {
        self.compute = compute
        configuration = weights.configuration
        attention = weights.attention
    }

    /// What dropout leaves out in one block, in training.
    package struct Dropping {
        let dropout: LoRADropout
        let block: Int

        package init(_ dropout: LoRADropout, block: Int) {
            self.dropout = dropout
            self.block = block
        }
    }

    /// Queries, keys and values of x, rotated.
    package func projectAttention(
        _ layer: DecoderWeights.Layer,
        x: Matrix,
        angles: RotaryAngles,
        activations: BlockActivations,
        scratch: BlockScratch,
        dropping: Dropping? = nil
    ) {
        compute.norm(
            x,
            weight: layer.attentionNorm,
            epsilon: configuration.normEpsilon,
            into: scratch.normed
        )
        linear(
            [(.q, activations.projectedQ), (.k, activations.projectedK), (.v, activations.v)],
            of: layer,
            scratch.normed,
            activations,
            dropping
        )
        if let norms = layer.headNorms {
            normHeads(activations.projectedQ, weight: norms.q, into: activations.q)
            normHeads(activations.projectedK, weight: norms.k, into: activations.k)
        }
        compute.rotate(activations.q, by: angles)
        compute.rotate(activations.k, by: angles)
    }

    /// Attention and the feed-forward part, after `projectAttention`; writes `output`.
    package func finish(
        _ layer: DecoderWeights.Layer,
        x: Matrix,
        segments: [AttentionSegment],
        activations: BlockActivations,
        scratch: BlockScratch,
        output: Matrix,
        dropping: Dropping? = nil
    ) {
        compute.attention(
            activations.q,
            keys: activations.k,
            values: activations.v,
            segments: segments,
            shape: attention,
            into: activations.o
        )
        linear([(.o, activations.middle)], of: layer, activations.o, activations, dropping)
        compute.add(x, to: activations.middle)
        feedForward(layer, activations, scratch, dropping, output: output)
    }

    /// The feed-forward part alone.
    private func feedForward(
        _ layer: DecoderWeights.Layer,
        _ activations: BlockActivations,
        _ scratch: BlockScratch,
        _ dropping: Dropping?,
        output: Matrix
    ) {
        compute.norm(
            activations.middle,
            weight: layer.feedForwardNorm,
            epsilon: configuration.normEpsilon,
            into: scratch.normed
        )
        linear(
            [(.gate, activations.gate), (.up, activations.up)],
            of: layer,
            scratch.normed,
            activations,
            dropping
        )
        compute.swiglu(
            gate: activations.gate,
            up: activations.up,
            into: scratch.activated
        )
        linear([(.down, output)], of: layer, scratch.activated, activations, dropping)
        compute.add(activations.middle, to: output)
    }

    /// A norm over each head by itself.
    private func normHeads(_ x: Matrix, weight: Matrix, into y: Matrix) {
        compute.norm(
            x.split(columns: configuration.headSize),
            weight: weight,
            epsilon: configuration.normEpsilon,
            into: y.split(columns: configuration.headSize)
        )
    }

    /// Linear layers that read the same x.
    private func linear(
        _ roles: [(role: LinearRole, output: Matrix)],
        of layer: DecoderWeights.Layer,
        _ x: Matrix,
        _ activations: BlockActivations,
        _ dropping: Dropping?
    ) {
        let low = lowProducts(roles.map(\.role), of: layer, x, activations, dropping)
        compute.run(
            roles.map { role, output in
                layer[role].product(x, low: activations.low(role, of: layer[role]), into: output)
            },
            first: low
        )
        for (role, output) in roles {
            if let bias = layer[role].bias { compute.add(row: bias, to: output) }
        }
    }

    /// What must come first; with dropout nothing is left of it, since each role has a mask of its
    /// own, in the same memory.
    private func lowProducts(
        _ roles: [LinearRole],
        of layer: DecoderWeights.Layer,
        _ x: Matrix,
        _ activations: BlockActivations,
        _ dropping: Dropping?
    ) -> [Product] {
        func product(_ role: LinearRole, _ x: Matrix) -> Product? {
            layer[role].lowProduct(x, low: activations.low(role, of: layer[role]))
        }
        guard let dropping else { return roles.compactMap { product($0, x) } }
        for role in roles where layer[role].lora != nil {
            let masked = dropping.dropout.masked(x, dropping.block, role, compute)
            if let low = product(role, masked) { compute.run([low]) }
        }
        return []
    }
}
