// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// Runs a model, with an adapter beside it, on tokens.
///
/// (1) A row's results depend on the tokens before it alone: not on how many rows a pass has, on
///     what else is in it, on the cache's history or on the number of threads.
/// (2) Tokens are ids of the model's vocabulary; the caller checks what comes from outside.
///
/// Calls block and compute on the decoder's own threads; keep them off the cooperative pool.
package struct Decoder: Sendable {
    package let model: Model
    package let compute: Compute
    let weights: DecoderWeights
    let block: BlockForward

    /// Rows of a pass; longer prompts are cut.
    static let rowsOfPass = 512
    /// Rows of logits that exist at a time: 64 × 49,152 × 4 bytes are 12 MB.
    static let rowsOfLogits = 64

    package init(
        model: Model,
        adapter: Adapter? = nil,
        kernels: KernelSet = .portable,
        threads: Int
    ) {
        self.init(
            model: model,
            adapter: adapter,
            compute: Compute(kernels: kernels, threads: threads)
        )
    }

    /// Shares the threads of `compute`.
    package init(model: Model, adapter: Adapter? = nil, compute: Compute) {
        precondition(
            adapter?.fits(model.configuration) ?? true,
            "the adapter belongs to another model"
        )
        self.model = model
        self.compute = compute
        weights = DecoderWeights(model, adapter: adapter)
        block = BlockForward(weights, compute: compute)
    }

    package func makeCache(capacity: Int) -> KVCache {
        KVCache(configuration: model.configuration, capacity: capacity)
    }

    /// Appends `tokens` to what the cache holds and returns the requested rows of logits.
    ///
    /// Rows follow each other, `vocabularySize` values each. The cache must have room for the
    /// tokens.
    package func forward(
        _ tokens: [Int32],
        cache: inout KVCache,
        logits: LogitsRequest
    ) -> [Float] {
        let wanted = logits.rows(of: tokens.count)
        let hidden = Matrix(rows: wanted.count, columns: model.configuration.hiddenSize)
        for first in stride(from: 0, to: tokens.count, by: Self.rowsOfPass) {
            let range = first..<min(first + Self.rowsOfPass, tokens.count)
            let output = extend(&cache, by: Array(tokens[range]))
            let here = wanted.indices.filter { range.contains(wanted[$0]) }
            let picked = Matrix(rows: here.count, columns: hidden.columns)
            picked.gather(here.map { wanted[$0] - first }, from: output)
            hidden.scatter(here, from: picked)
        }
        var result: [Float] = []
        result.reserveCapacity(wanted.count * model.configuration.vocabularySize)
        forEachLogits(of: hidden) { _, logits in result.append(contentsOf: logits.values) }
        return result
    }

    /// One pass behind the cache; the last block's output.
    private func extend(_ cache: inout KVCache, by tokens: [Int32]) -> Matrix {
        cache.reserve(tokens.count)
        let start = cache.count
        let output = pass(
            tokens,
            positions: Array(start..<start + tokens.count),
            segments: { layer, _ in
                [AttentionSegment(rows: 0..<tokens.count, before: [cache.run(layer)])]
            },
            finished: { layer, activations in
                cache.write(layer, keys: activations.k, values: activations.v)
            }
        )
        cache.advance(tokens.count)
        return output
    }

    /// All blocks over some rows.
    ///
    /// `segments` tells what the rows of a block see, given its keys and values; `finished` may
    /// keep those.
    func pass(
        _ tokens: [Int32],
        positions: [Int],
        segments: (_ layer: Int, _ activations: BlockActivations) -> [AttentionSegment],
        finished: (_ layer: Int, _ activations: BlockActivations) -> Void
    ) -> Matrix {
        let configuration = model.configuration
        let angles = RotaryAngles(positions: positions, configuration)
        let activations = BlockActivations(rows: tokens.count, weights: weights)
        let scratch = BlockScratch(rows: tokens.count, configuration: configuration)
        var x = Matrix(rows: tokens.count, columns: configuration.hiddenSize)
        var output = Matrix(rows: tokens.count, columns: configuration.hiddenSize)
        x.gather(tokens, from: weights.embedding)
        for (index, layer) in weights.layers.enumerated() {
            block.projectAttention(
                layer,
                x: x,
                angles: angles,
                activations: activations,
                scratch: scratch
            )
            block.finish(
                layer,
                x: x,
                segments: segments(index, activations),
                activations: activations,
                scratch: scratch,
                output: output
            )
            finished(index, activations)
            swap(&x, &output)
        }
        return x
    }

    /// The logits of hidden rows (outputs of the last block), some rows at a time.
    func forEachLogits(of hidden: Matrix, _ body: (_ rows: Range<Int>, _ logits: Matrix) -> Void) {
        let normed = Matrix(rows: hidden.rows, columns: hidden.columns)
        compute.norm(
            hidden,
            weight: weights.finalNorm,
            epsilon: model.configuration.normEpsilon,
            into: normed
        )
        let block = Matrix(
            rows: min(hidden.rows, Self.rowsOfLogits),
            columns: model.configuration.vocabularySize
        )
        for first in stride(from: 0, to: hidden.rows, by: Self.rowsOfLogits) {
            let rows = first..<min(first + Self.rowsOfLogits, hidden.rows)
            let logits = block.rows(0..<rows.count)
            compute.run([Product(logits, [.linear(normed.rows(rows), weights.head)])])
            body(rows, logits)
        }
    }
}
