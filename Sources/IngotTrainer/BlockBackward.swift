// SPDX-License-Identifier: Apache-2.0

internal import IngotModel
internal import IngotTensor

/// The backward pass of a block; `BlockForward` is its mirror.
///
/// Weight gradients are added to the parameters' gradients: one chain over all rows of a step.
struct BlockBackward {
    let compute: Compute
    let configuration: ModelConfiguration
    let attention: AttentionShape
    let parameters: LoRAParameters

    /// Gradients of a row's activations, shared by all blocks.
    struct Scratch {
        /// [rows, hiddenSize].
        let normed: Matrix
        /// [rows, queryWidth].
        let q: Matrix
        let o: Matrix
        /// [rows, keyValueWidth].
        let k: Matrix
        let v: Matrix
        /// [rows, feedForwardSize].
        let activated: Matrix
        /// scale · dy B of three roles at a time, [rows, rank].
        let low: [Matrix]

        init(rows: Int, rank: Int, configuration: ModelConfiguration) {
            normed = Matrix(rows: rows, columns: configuration.hiddenSize)
            q = Matrix(rows: rows, columns: configuration.queryWidth)
            o = Matrix(rows: rows, columns: configuration.queryWidth)
            k = Matrix(rows: rows, columns: configuration.keyValueWidth)
            v = Matrix(rows: rows, columns: configuration.keyValueWidth)
            activated = Matrix(rows: rows, columns: configuration.feedForwardSize)
            low = (0..<3).map { _ in Matrix(rows: rows, columns: rank) }
        }

        private init(_ whole: Scratch, _ rows: Range<Int>) {
            normed = whole.normed.rows(rows)
            q = whole.q.rows(rows)
            o = whole.o.rows(rows)
            k = whole.k.rows(rows)
            v = whole.v.rows(rows)
            activated = whole.activated.rows(rows)
            low = whole.low.map { $0.rows(rows) }
        }

        func first(_ count: Int) -> Scratch { Scratch(self, 0..<count) }
    }

    /// What a block's forward pass left behind.
    struct Saved {
        let index: Int
        let layer: DecoderWeights.Layer
        let x: Matrix
        let activations: BlockActivations
        let segments: [AttentionSegment]
        let angles: RotaryAngles
        /// The one of the forward pass.
        let dropout: LoRADropout?
    }

    /// `gradient` comes in for the block's output and leaves for its input.
    ///
    /// The activations gate, up, q and k are used up. Without `needsInput` the last step is left out.
    func run(
        _ saved: Saved,
        forward: BlockScratch,
        scratch: Scratch,
        gradient: Matrix,
        needsInput: Bool
    ) {
        feedForward(saved, forward: forward, scratch: scratch, gradient: gradient)
        attention(
            saved,
            forward: forward,
            scratch: scratch,
            gradient: gradient,
            needsInput: needsInput
        )
    }

    private func feedForward(
        _ saved: Saved,
        forward: BlockScratch,
        scratch: Scratch,
        gradient: Matrix
    ) {
        let activations = saved.activations
        let down = linear([(.down, gradient, scratch.low[2])], saved)
        compute.run([down.inputGradient(into: scratch.activated)], first: down.lowProducts)
        down.finishInput(dx: scratch.activated, compute: compute)
        compute.swigluGradient(
            scratch.activated,
            gate: activations.gate,
            up: activations.up,
            output: forward.activated
        )
        compute.norm(
            activations.middle,
            weight: saved.layer.feedForwardNorm,
            epsilon: configuration.normEpsilon,
            into: forward.normed
        )
        let wide = linear(
            [(.gate, activations.gate, scratch.low[0]), (.up, activations.up, scratch.low[1])],
            saved
        )
        // The weights of down had to wait: its input is known again only after the SwiGLU.
        compute.run(
            [wide.inputGradient(into: scratch.normed)]
                + wide.weightGradients(input: forward.normed)
                + down.weightGradients(input: forward.activated),
            first: wide.lowProducts
        )
        wide.finishInput(dx: scratch.normed, compute: compute)
        wide.finishWeights(input: forward.normed, compute: compute)
        down.finishWeights(input: forward.activated, compute: compute)
        compute.normGradient(
            activations.middle,
            weight: saved.layer.feedForwardNorm,
            epsilon: configuration.normEpsilon,
            of: scratch.normed,
            into: gradient
        )
    }

    private func attention(
        _ saved: Saved,
        forward: BlockScratch,
        scratch: Scratch,
        gradient: Matrix,
        needsInput: Bool
    ) {
        let activations = saved.activations
        let output = linear([(.o, gradient, scratch.low[0])], saved)
        compute.run(
            [output.inputGradient(into: scratch.o)]
                + output.weightGradients(input: activations.o),
            first: output.lowProducts
        )
        output.finishInput(dx: scratch.o, compute: compute)
        output.finishWeights(input: activations.o, compute: compute)
        compute.attentionGradient(
            activations.q,
            keys: activations.k,
            values: activations.v,
            output: activations.o,
            of: scratch.o,
            segments: saved.segments,
            shape: attention,
            into: (scratch.q, scratch.k, scratch.v)
        )
        compute.rotate(scratch.q, by: saved.angles, back: true)
        compute.rotate(scratch.k, by: saved.angles, back: true)
        let (q, k) = headNormGradients(saved, of: scratch)
        compute.norm(
            saved.x,
            weight: saved.layer.attentionNorm,
            epsilon: configuration.normEpsilon,
            into: forward.normed
        )
        let inputs = linear(
            [
                (.q, q, scratch.low[0]), (.k, k, scratch.low[1]),
                (.v, scratch.v, scratch.low[2]),
            ],
            saved
        )
        compute.run(
            (needsInput ? [inputs.inputGradient(into: scratch.normed)] : [])
                + inputs.weightGradients(input: forward.normed),
            first: inputs.lowProducts
        )
        inputs.finishWeights(input: forward.normed, compute: compute)
        guard needsInput else { return }
        inputs.finishInput(dx: scratch.normed, compute: compute)
        compute.normGradient(
            saved.x,
            weight: saved.layer.attentionNorm,
            epsilon: configuration.normEpsilon,
            of: scratch.normed,
            into: gradient
        )
    }

    /// The gradients of what the projections gave, from those behind the norms of heads.
    private func headNormGradients(_ saved: Saved, of scratch: Scratch) -> (q: Matrix, k: Matrix) {
        guard let norms = saved.layer.headNorms else { return (scratch.q, scratch.k) }
        let (q, k) = (saved.activations.q, saved.activations.k)
        let size = configuration.headSize
        for (x, weight, dy, dx) in [
            (saved.activations.projectedQ, norms.q, scratch.q, q),
            (saved.activations.projectedK, norms.k, scratch.k, k),
        ] {
            dx.clear()
            compute.normGradient(
                x.split(columns: size),
                weight: weight,
                epsilon: configuration.normEpsilon,
                of: dy.split(columns: size),
                into: dx.split(columns: size)
            )
        }
        return (q, k)
    }

    private func linear(
        _ outputs: [(role: LinearRole, dy: Matrix, low: Matrix)],
        _ saved: Saved
    ) -> LinearBackward {
        LinearBackward(
            block: saved.index,
            dropout: saved.dropout,
            outputs: outputs.map { role, dy, low in
                let layer = saved.layer[role]
                return LinearBackward.Output(
                    role: role,
                    layer: layer,
                    dy: dy,
                    low: low.narrowed(to: layer.lora?.rank ?? 0),
                    forwardLow: saved.activations.low(role, of: layer),
                    slot: parameters[saved.index, role]
                )
            }
        )
    }
}
