// SPDX-License-Identifier: Apache-2.0

package import IngotModel
internal import IngotTensor

/// Trains a LoRA adapter over a frozen model.
///
/// (1) The adapter's bytes are a function of the model, the examples in order, the configuration
///     (threads excepted) and the initial adapter.
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

    private static func pairs(of adapter: Adapter, match shape: AdapterConfiguration) -> Bool {
        (0..<adapter.layerCount).allSatisfy { block in
            LinearRole.allCases.allSatisfy { role in
                adapter[block, role]?.rank == (shape.targets.contains(role) ? shape.rank : nil)
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

    /// Runs all steps.
    ///
    /// `onStep` is called after each one; what it throws ends the training.
    /// Blocks and computes on threads of its own; keep it off the cooperative pool.
    ///
    /// - Throws: `TrainerError` for examples that cannot be used and for a loss that is not
    ///   finite, naming the step.
    package mutating func train(
        examples: [TrainingExample],
        validation: [TrainingExample] = [],
        onStep: (StepMetrics) throws -> Void
    ) throws -> TrainingResult {
        try check(examples, "training")
        if !validation.isEmpty { try check(validation, "validation") }
        let order = StepOrder(
            exampleCount: examples.count,
            examplesPerStep: configuration.examplesPerStep,
            length: configuration.length,
            seed: configuration.seed
        )
        let compute = Compute(kernels: configuration.kernels, threads: configuration.threads)
        let weights = DecoderWeights(model) { parameters[$0, $1]?.matrices }
        let longest = (examples + validation).map(\.tokens.count).max() ?? 1
        let pass = RowPass(
            weights: weights,
            parameters: parameters,
            rank: configuration.rank,
            rowLength: min(
                configuration.rowLength,
                max(longest, order.tokenLimit(examples, validation: validation))
            ),
            compute: compute
        )
        var optimizer = Optimizer(configuration, parameters: parameters)
        var metrics: [StepMetrics] = []
        for step in 1...order.stepCount {
            let clock = ContinuousClock()
            let start = clock.now
            let chosen = order.examples(of: step).map { examples[$0] }
            let outcome = try gradients(of: chosen, step: step, pass)
            let rate =
                configuration.learningRate
                * configuration.schedule.factor(
                    step: step,
                    steps: order.stepCount,
                    warmup: configuration.warmupSteps
                )
            let norm = try optimizer.step(rate: rate, number: step, compute: compute)
            let seconds = (clock.now - start) / .seconds(1)
            let validationLoss =
                isValidated(step, of: order.stepCount)
                ? meanLoss(validation, pass) : nil
            let metric = StepMetrics(
                step: step,
                stepCount: order.stepCount,
                loss: outcome.loss,
                learningRate: rate,
                gradientNorm: norm,
                tokenCount: outcome.tokens,
                trainedTokenCount: outcome.trained,
                seconds: seconds,
                validationLoss: validationLoss
            )
            metrics.append(metric)
            try onStep(metric)
        }
        return TrainingResult(adapter: adapter, metrics: metrics)
    }

    private func isValidated(_ step: Int, of count: Int) -> Bool {
        if step == count { return true }
        let interval = configuration.validationInterval
        return interval > 0 && step.isMultiple(of: interval)
    }

    /// Leaves the gradients of a step's mean loss with the parameters.
    private func gradients(
        of examples: [TrainingExample],
        step: Int,
        _ pass: RowPass
    ) throws -> (loss: Double, tokens: Int, trained: Int) {
        let trained = examples.reduce(0) { $0 + $1.trainedCount }
        parameters.clearGradients()
        var sum = 0.0
        var tokens = 0
        for row in packed(examples) {
            let loss = pass.run(row, factor: trained > 0 ? 1 / Float(trained) : 0)
            guard loss.isFinite else {
                throw TrainerError(
                    .lossNotFinite,
                    "step \(step): the loss is not a finite number; lower the learning rate "
                        + "(\(configuration.learningRate)) or look at the step's examples"
                )
            }
            sum += loss
            tokens += row.tokens.count
        }
        return (trained > 0 ? sum / Double(trained) : 0, tokens, trained)
    }

    /// Mean loss over all trained tokens; nil without any.
    private func meanLoss(_ examples: [TrainingExample], _ pass: RowPass) -> Double? {
        let trained = examples.reduce(0) { $0 + $1.trainedCount }
        guard trained > 0 else { return nil }
        return packed(examples).reduce(0.0) { $0 + pass.run($1, factor: nil) } / Double(trained)
    }

    private func packed(_ examples: [TrainingExample]) -> [PackedRow] {
        Packing.rows(
            lengths: examples.map(\.tokens.count),
            rowLength: configuration.rowLength
        ).map { row in PackedRow(row.map { examples[$0] }) }
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
                        + "\(limit); raise rowLength (the model's context is "
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
