// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotModel

/// What a training will need of the machine's memory at its peak, from shapes alone.
package struct MemoryEstimate: Sendable, Equatable {
    /// The base's weights, which are mapped and read as a whole.
    package let weights: Int
    /// Trained values, gradients, moments, the best so far, and the copies of a state that is saved.
    package let parameters: Int
    /// What a pass keeps for the way back.
    package let activations: Int

    package var total: Int { weights + parameters + activations + Self.program }

    /// The program itself: code, tokenizer, store and the kernels' panels.
    private static let program = 48 << 20

    /// For passes of up to `rowLength` tokens.
    init(
        shape: ModelConfiguration,
        weightBytes: Int,
        configuration: TrainingConfiguration,
        rowLength: Int,
        savesState: Bool
    ) {
        let adapter = configuration.adapterConfiguration
        var parameterCount = 0
        for block in 0..<shape.layerCount {
            for role in LinearRole.allCases {
                let (rows, columns) = shape.shape(of: role)
                parameterCount += adapter.rank(block, role) * (rows + columns)
            }
        }
        weights = weightBytes
        // Values, gradients and two moments; the adapter at the end or, before it, a state's three
        // arrays and their bytes; the best, which is in a state too.
        let best = configuration.keepsBest ? 1 : 0
        let copies = 4 + best + (savesState ? 6 + best : 1)
        parameters = copies * parameterCount * MemoryLayout<Float>.size
        activations =
            Self.activationCount(shape, configuration, rowLength) * MemoryLayout<Float>.size
    }

    /// Floats of `RowPass`, matrix by matrix.
    private static func activationCount(
        _ shape: ModelConfiguration,
        _ configuration: TrainingConfiguration,
        _ rows: Int
    ) -> Int {
        let adapter = configuration.adapterConfiguration
        let ranks = LinearRole.allCases.map { role in
            (0..<shape.layerCount).map { adapter.rank($0, role) }.max() ?? 0
        }
        let (hidden, forward) = (shape.hiddenSize, shape.feedForwardSize)
        let attention = 2 * shape.queryWidth + 2 * shape.keyValueWidth
        let projected = shape.architecture.hasHeadNorms ? shape.queryWidth + shape.keyValueWidth : 0
        let block = attention + projected + hidden + 2 * forward + ranks.reduce(0, +)
        let blocks = configuration.recomputesBlocks ? 1 : shape.layerCount
        let scratch =
            2 * (hidden + forward) + attention + 3 * (ranks.max() ?? 0) + hidden
            // Of the predicting rows: picked, normed, and their gradients.
            + 4 * hidden
            + (configuration.dropout > 0 ? max(hidden, forward, shape.queryWidth) : 0)
        let logits = min(rows, RowPass.logitRows) * shape.vocabularySize
        // The logits' gradients are the largest rows that are packed as pairs.
        let pairs = configuration.kernels.sumsSingleRows ? 0 : logits / 2
        return rows * ((shape.layerCount + 1) * hidden + blocks * block + scratch) + logits + pairs
    }

    /// As weights are stored.
    static func byteCount(_ model: Model) -> Int {
        var matrices = [model.embedding] + (model.head.map { [$0] } ?? [])
        for block in model.blocks { matrices += LinearRole.allCases.map { block[$0] } }
        return matrices.reduce(0) { $0 + $1.rows * $1.rowByteCount }
    }
}

extension MemoryEstimate: CustomStringConvertible {
    /// `480 MiB`.
    package var description: String { Self.text(total) }

    package static func text(_ bytes: Int) -> String {
        bytes < 1 << 30
            ? "\(bytes >> 20) MiB" : "\(FixedDecimal.text(Double(bytes) / 0x1p30, 1)) GiB"
    }
}

extension Trainer {
    /// What training on these examples will need.
    package func memoryEstimate(
        _ examples: [TrainingExample],
        validation: [TrainingExample] = [],
        savesState: Bool = true
    ) -> MemoryEstimate {
        estimate(configuration, examples, validation, savesState)
    }

    /// Why the training does not fit into `available` bytes, and what would; nil where it fits.
    package func memoryFault(
        _ examples: [TrainingExample],
        validation: [TrainingExample] = [],
        available: Int
    ) -> TrainerError? {
        let longest = (examples + validation).map(\.tokens.count).max() ?? 1
        return MemoryPlan(
            estimate: memoryEstimate(examples, validation: validation),
            available: available
        ) { tokensAtOnce, recomputesBlocks in
            var changed = configuration
            if configuration.kernels.sumsSingleRows {
                changed.tokensAtOnce = tokensAtOnce ?? changed.tokensAtOnce
            }
            changed.recomputesBlocks = changed.recomputesBlocks || recomputesBlocks
            return estimate(changed, examples, validation, true)
        }.fault(longest: longest)
    }

    private func estimate(
        _ configuration: TrainingConfiguration,
        _ examples: [TrainingExample],
        _ validation: [TrainingExample],
        _ savesState: Bool
    ) -> MemoryEstimate {
        MemoryEstimate(
            shape: model.configuration,
            weightBytes: MemoryEstimate.byteCount(model),
            configuration: configuration,
            rowLength: TrainingLoop.rowLength(configuration, examples, validation),
            savesState: savesState
        )
    }
}
