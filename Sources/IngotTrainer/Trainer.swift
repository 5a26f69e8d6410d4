// SPDX-License-Identifier: Apache-2.0

package import IngotModel
internal import IngotTensor

/// Trains a LoRA adapter over a frozen model.
///
/// (1) The adapter's bytes are a function of the model, the examples in order, the configuration
///     (its `threads`, `tokensAtOnce` and `recomputesBlocks` excepted) and the initial adapter,
///     wherever the training was interrupted.
/// (2) The base is never changed, merged or expanded as a whole.
/// (3) A step's loss is Σ token losses / Σ trained tokens over all its examples.
package struct Trainer: Sendable {
    package let model: Model
    package let configuration: TrainingConfiguration
    private let parameters: LoRAParameters

    /// Begins with PEFT's start or with `initial`.
    ///
    /// - Throws: `TrainerError` for a setting out of range, or an adapter of another shape.
    package init(
        model: Model,
        configuration: TrainingConfiguration,
        initial: Adapter? = nil
    ) throws {
        try configuration.check()
        self.model = model
        self.configuration = configuration
        let shape = configuration.adapterConfiguration
        try Self.check(shape, of: model.configuration)
        parameters = LoRAParameters(shape, model: model.configuration)
        parameters.initialize(seed: configuration.seed, layerCount: model.configuration.layerCount)
        guard let initial else { return }
        guard initial.fits(model.configuration), Self.pairs(of: initial, match: shape) else {
            throw TrainerError(
                .adapterMismatch,
                "initial adapter: its rank or layers differ from the training's; "
                    + "train with rank \(initial.configuration.rank) and its target layers"
            )
        }
        parameters.set(initial)
    }

    /// Whether every module that the shape means is there and wide enough.
    private static func check(
        _ shape: AdapterConfiguration,
        of model: ModelConfiguration
    ) throws {
        func refuse(_ setting: String, _ problem: String) throws -> Never {
            throw TrainerError(.badConfiguration, "training setting \(setting): \(problem)")
        }
        if let layers = shape.layers {
            guard !layers.isEmpty, layers.allSatisfy((0..<model.layerCount).contains) else {
                try refuse("layers", "the model has the layers 0 to \(model.layerCount - 1)")
            }
        }
        if let fault = shape.patternFault(layerCount: model.layerCount) {
            try refuse("patterns", "\(fault), which have different values")
        }
        if let unused = shape.unusedPatterns(layerCount: model.layerCount).first {
            try refuse(
                "patterns",
                "'\(unused)' means no trained module; their names are like "
                    + "model.layers.0.self_attn.q_proj and model.layers.0.mlp.up_proj"
            )
        }
        for block in 0..<model.layerCount {
            for role in LinearRole.allCases {
                let (rows, columns) = model.shape(of: role)
                guard shape.rank(block, role) <= min(rows, columns) else {
                    try refuse(
                        "rank",
                        "\(shape.rank(block, role)) is more than \(role.rawValue) of layer \(block) "
                            + "has, \(rows) × \(columns); a larger rank adds nothing"
                    )
                }
            }
        }
    }

    private static func pairs(of adapter: Adapter, match shape: AdapterConfiguration) -> Bool {
        (0..<adapter.layerCount).allSatisfy { block in
            LinearRole.allCases.allSatisfy { role in
                (adapter[block, role]?.rank ?? 0) == shape.rank(block, role)
            }
        }
    }

    /// The adapter as it is now.
    package var adapter: Adapter {
        parameters.adapter(
            configuration.adapterConfiguration,
            layerCount: model.configuration.layerCount
        )
    }

    /// Runs all steps, or those after `state`.
    ///
    /// `onStep` is called after each one; what it throws ends the training.
    /// Blocks and computes on threads of its own; keep it off the cooperative pool.
    ///
    /// - Throws: `TrainerError` for examples that cannot be used, for a loss that cannot be learned
    ///   from, naming the step, and where `saving` was told to end. In the last two cases the
    ///   state after the last good step was saved.
    package mutating func train(
        examples: [TrainingExample],
        validation: [TrainingExample] = [],
        from state: TrainingState? = nil,
        saving: StateSaving? = nil,
        onStep: (StepMetrics) throws -> Void
    ) throws -> TrainingResult {
        try check(examples, "training")
        if !validation.isEmpty || configuration.earlyStopping != nil {
            try check(validation, "validation")
        }
        var loop = TrainingLoop(
            model: model,
            configuration: configuration,
            parameters: parameters,
            examples: examples,
            validation: validation
        )
        if let state { try loop.restore(state) }
        while !loop.isFinished {
            let metric: StepMetrics
            do { metric = try loop.step() } catch {
                if let saving { try saving.save(loop.state(key: saving.key)) }
                throw error
            }
            try onStep(metric)
            guard let saving, !loop.isFinished else { continue }
            let isInterrupted = saving.isInterrupted()
            if isInterrupted || saving.interval > 0 && metric.step.isMultiple(of: saving.interval) {
                try saving.save(loop.state(key: saving.key))
            }
            if isInterrupted {
                throw TrainerError(
                    .interrupted,
                    "interrupted after step \(metric.step) of \(metric.stepCount); "
                        + "its state is kept: go on with --resume"
                )
            }
        }
        let step = loop.finish()
        return TrainingResult(adapter: adapter, metrics: loop.metrics, step: step)
    }

    private func check(_ examples: [TrainingExample], _ name: String) throws {
        guard examples.contains(where: { $0.trainedCount > 0 }) else {
            throw TrainerError(
                .noExamples,
                "\(name) examples: none has a token to train on; check the prepare step"
            )
        }
        let limit = min(configuration.rowLength, model.configuration.contextLength)
        let vocabulary = model.configuration.vocabularySize
        for (index, example) in examples.enumerated() {
            guard example.tokens.count <= limit else {
                throw TrainerError(
                    .exampleTooLong,
                    "\(name) example \(index): \(example.tokens.count) tokens, the limit is "
                        + "\(limit); raise row_length (the model's context is "
                        + "\(model.configuration.contextLength)) or drop long examples"
                )
            }
            guard example.tokens.allSatisfy({ $0 >= 0 && $0 < vocabulary }) else {
                throw TrainerError(
                    .tokenOutOfRange,
                    "\(name) example \(index): a token is outside the vocabulary of "
                        + "\(vocabulary); tokenize with the base's own tokenizer"
                )
            }
        }
    }
}
