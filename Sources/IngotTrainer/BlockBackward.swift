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
        // down: its input is known again only after the SwiGLU's way back.
        let lows = lowProducts([(.down, gradient)], saved, scratch)
        inputGradient([(.down, gradient)], lows, saved, into: scratch.activated)
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
        weightGradients([(.down, gradient)], lows, saved, input: forward.activated)
        let outputs = [(LinearRole.gate, activations.gate), (.up, activations.up)]
        let more = lowProducts(outputs, saved, scratch)
        inputGradient(outputs, more, saved, into: scratch.normed)
        weightGradients(outputs, more, saved, input: forward.normed)
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
        let lows = lowProducts([(.o, gradient)], saved, scratch)
        inputGradient([(.o, gradient)], lows, saved, into: scratch.o)
        weightGradients([(.o, gradient)], lows, saved, input: activations.o)
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
        let outputs = [(LinearRole.q, q), (.k, k), (.v, scratch.v)]
        let more = lowProducts(outputs, saved, scratch)
        weightGradients(outputs, more, saved, input: forward.normed)
        guard needsInput else { return }
        inputGradient(outputs, more, saved, into: scratch.normed)
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

    /// scale · dy B for the roles that have an update.
    private func lowProducts(
        _ outputs: [(LinearRole, Matrix)],
        _ saved: Saved,
        _ scratch: Scratch
    ) -> [Matrix?] {
        var products: [Product] = []
        let lows = outputs.enumerated().map { place, output -> Matrix? in
            guard let lora = saved.layer[output.0].lora else { return nil }
            let low = scratch.low[place].narrowed(to: lora.rank)
            products.append(
                Product(
                    low,
                    scale: lora.scale,
                    [.timesTransposed(output.1, lora.bTransposed)]
                )
            )
            return low
        }
        if !products.isEmpty { compute.run(products) }
        return lows
    }

    /// dx = Σ over roles of dy W + low A, the latter masked like the update's input.
    private func inputGradient(
        _ outputs: [(LinearRole, Matrix)],
        _ lows: [Matrix?],
        _ saved: Saved,
        into dx: Matrix
    ) {
        var terms: [Product.Term] = []
        for ((role, dy), low) in zip(outputs, lows) {
            terms.append(.linearGradient(dy, saved.layer[role].weight))
            guard saved.dropout == nil, let low, let lora = saved.layer[role].lora else { continue }
            terms.append(.plain(low, lora.a))
        }
        compute.run([Product(dx, terms)])
        guard let dropout = saved.dropout else { return }
        for ((role, _), low) in zip(outputs, lows) {
            guard let low, let lora = saved.layer[role].lora else { continue }
            let update = dropout.scratch(like: dx)
            compute.run([Product(update, [.plain(low, lora.a)])])
            compute.addDropout(update, dropout.mask(saved.index, role), to: dx)
        }
    }

    /// dA += lowᵀ x, x masked as it was, and dB += (scale · x Aᵀ)ᵀ dy.
    private func weightGradients(
        _ outputs: [(LinearRole, Matrix)],
        _ lows: [Matrix?],
        _ saved: Saved,
        input x: Matrix
    ) {
        var products: [Product] = []
        for ((role, dy), low) in zip(outputs, lows) {
            guard let low, let slot = parameters[saved.index, role],
                let forwardLow = saved.activations.low(role, of: saved.layer[role])
            else { continue }
            products.append(
                Product(slot.bGradient, accumulates: true, [.transposedTimes(forwardLow, dy)])
            )
            if let dropout = saved.dropout {
                let masked = dropout.masked(x, saved.index, role, compute)
                compute.run([
                    Product(slot.aGradient, accumulates: true, [.transposedTimes(low, masked)])
                ])
            } else {
                products.append(
                    Product(slot.aGradient, accumulates: true, [.transposedTimes(low, x)])
                )
            }
        }
        if !products.isEmpty { compute.run(products) }
    }
}
