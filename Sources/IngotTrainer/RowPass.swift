// SPDX-License-Identifier: Apache-2.0

internal import IngotModel
internal import IngotTensor

/// Forward and backward over one packed row, in memory that is allocated once for all rows.
struct RowPass {
    private let compute: Compute
    private let weights: DecoderWeights
    private let forwardBlock: BlockForward
    private let backwardBlock: BlockBackward
    /// Inputs of the blocks and, last, the output of the last one, [rows, hiddenSize].
    private let hidden: [Matrix]
    /// Of each block, or of the one that was computed last.
    private let activations: [BlockActivations]
    private let recomputesBlocks: Bool
    private let forwardScratch: BlockScratch
    private let backwardScratch: BlockBackward.Scratch
    private let gradient: Matrix
    private let logits: Matrix
    private let seed: UInt64
    private let dropoutRate: Double
    /// Nil without dropout.
    private let dropoutScratch: Matrix?

    /// Rows of logits that exist at a time: the head is expanded once for so many rows, and 256
    /// rows of a vocabulary of 49,152 are 50 MB.
    static let logitRows = 256

    /// Memory for rows of up to `rowLength` tokens.
    ///
    /// With the setting `recomputesBlocks` only the blocks' inputs are kept for the way back, and each block is
    /// computed once more there, to the same bits.
    init(
        weights: DecoderWeights,
        parameters: LoRAParameters,
        rowLength: Int,
        settings: TrainingConfiguration,
        compute: Compute
    ) {
        let configuration = weights.configuration
        seed = settings.seed
        dropoutRate = settings.dropout
        dropoutScratch =
            settings.dropout > 0
            ? Matrix(
                rows: rowLength,
                columns: LinearRole.allCases.map { configuration.shape(of: $0).columns }.max() ?? 0
            ) : nil
        self.compute = compute
        self.weights = weights
        forwardBlock = BlockForward(weights, compute: compute)
        backwardBlock = BlockBackward(
            compute: compute,
            configuration: configuration,
            attention: weights.attention,
            parameters: parameters
        )
        hidden = (0...configuration.layerCount).map { _ in
            Matrix(rows: rowLength, columns: configuration.hiddenSize)
        }
        recomputesBlocks = settings.recomputesBlocks
        activations = (0..<(recomputesBlocks ? 1 : configuration.layerCount)).map { _ in
            BlockActivations(rows: rowLength, weights: weights)
        }
        forwardScratch = BlockScratch(rows: rowLength, configuration: configuration)
        backwardScratch = BlockBackward.Scratch(
            rows: rowLength,
            rank: LinearRole.allCases.map(weights.rank).max() ?? 0,
            configuration: configuration
        )
        gradient = Matrix(rows: rowLength, columns: configuration.hiddenSize)
        logits = Matrix(
            rows: min(rowLength, Self.logitRows),
            columns: configuration.vocabularySize
        )
    }

    /// Adds the row's token losses to `sum`, one after another.
    ///
    /// With `factor`, the gradients of factor · Σ are added to the
    /// parameters' gradients.
    func run(_ row: PackedRow, factor: Float?, after sum: Double = 0) -> Double {
        let count = row.tokens.count
        guard count > 0 else { return sum }
        let angles = RotaryAngles(positions: row.positions, weights.configuration)
        hidden[0].rows(0..<count).gather(row.tokens, from: weights.embedding)
        // What is measured, not learned, is measured whole.
        let dropout = factor == nil ? nil : dropout(row)
        for index in weights.layers.indices { forward(index, row, angles, dropout) }
        let gradient = gradient.rows(0..<count)
        let loss = head(row, gradient: factor == nil ? nil : gradient, factor: factor ?? 0, sum)
        guard factor != nil, loss.isFinite else { return loss }
        for (index, layer) in weights.layers.enumerated().reversed() {
            // Of the last block everything is still there.
            if recomputesBlocks, index + 1 < weights.layers.count {
                forward(index, row, angles, dropout)
            }
            backwardBlock.run(
                BlockBackward.Saved(
                    index: index,
                    layer: layer,
                    x: hidden[index].rows(0..<count),
                    activations: activations(index).first(count),
                    segments: row.segments,
                    angles: angles,
                    dropout: dropout
                ),
                forward: forwardScratch.first(count),
                scratch: backwardScratch.first(count),
                gradient: gradient,
                needsInput: index > 0
            )
        }
        return loss
    }

    private func activations(_ block: Int) -> BlockActivations {
        activations[recomputesBlocks ? 0 : block]
    }

    private func dropout(_ row: PackedRow) -> LoRADropout? {
        dropoutScratch.map {
            LoRADropout(
                rate: dropoutRate,
                seed: seed,
                step: row.step,
                firstRow: row.firstToken,
                scratch: $0
            )
        }
    }

    /// A block's output from its input.
    private func forward(
        _ index: Int,
        _ row: PackedRow,
        _ angles: RotaryAngles,
        _ dropout: LoRADropout?
    ) {
        let dropping = dropout.map { BlockForward.Dropping($0, block: index) }
        let count = row.tokens.count
        let layer = weights.layers[index]
        let x = hidden[index].rows(0..<count)
        let here = activations(index).first(count)
        let scratch = forwardScratch.first(count)
        forwardBlock.projectAttention(
            layer,
            x: x,
            angles: angles,
            activations: here,
            scratch: scratch,
            dropping: dropping
        )
        forwardBlock.finish(
            layer,
            x: x,
            segments: row.segments,
            activations: here,
            scratch: scratch,
            output: hidden[index + 1].rows(0..<count),
            dropping: dropping
        )
    }

    /// The loss at the predicting rows, whose logits alone are computed, some at a time; sets
    /// `gradient` for the last block's output.
    private func head(
        _ row: PackedRow,
        gradient: Matrix?,
        factor: Float,
        _ sum: Double
    ) -> Double {
        let count = row.predictingRows.count
        let width = weights.configuration.hiddenSize
        let epsilon = weights.configuration.normEpsilon
        let picked = Matrix(rows: count, columns: width)
        let normed = Matrix(rows: count, columns: width)
        picked.gather(row.predictingRows, from: hidden[weights.layers.count])
        compute.norm(picked, weight: weights.finalNorm, epsilon: epsilon, into: normed)
        let normedGradient = Matrix(rows: count, columns: width)
        var loss = sum
        for first in stride(from: 0, to: count, by: Self.logitRows) {
            let rows = first..<min(first + Self.logitRows, count)
            let block = logits.rows(0..<rows.count)
            compute.run([Product(block, [.linear(normed.rows(rows), weights.head)])])
            let totals = compute.logSumExp(block)
            let targets = Array(row.targets[rows])
            for (index, target) in targets.enumerated() {
                loss += totals[index] - Double(block.value(row: index, column: Int(target)))
            }
            guard gradient != nil else { continue }
            compute.crossEntropyGradient(
                block,
                targets: targets,
                logSumExp: totals,
                factor: factor
            )
            compute.run([
                Product(normedGradient.rows(rows), [.linearGradient(block, weights.head)])
            ])
        }
        if let gradient {
            let pickedGradient = Matrix(rows: count, columns: width)
            compute.normGradient(
                picked,
                weight: weights.finalNorm,
                epsilon: epsilon,
                of: normedGradient,
                into: pickedGradient
            )
            gradient.clear()
            gradient.scatter(row.predictingRows, from: pickedGradient)
        }
        return loss
    }
}
