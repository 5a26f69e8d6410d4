// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotModel
internal import IngotTensor

/// The steps of one training, one after another; between two of them its state can be kept.
struct TrainingLoop {
    private let configuration: TrainingConfiguration
    private let parameters: LoRAParameters
    private let examples: [TrainingExample]
    private let validation: [TrainingExample]
    private let order: StepOrder
    private let compute: Compute
    private let pass: RowPass
    /// The loss of a guess among all tokens.
    private let guessLoss: Double
    private var optimizer: Optimizer
    private var watch: ValidationWatch
    private(set) var metrics: [StepMetrics] = []
    private var best: [Float]?

    init(
        model: Model,
        configuration: TrainingConfiguration,
        parameters: LoRAParameters,
        examples: [TrainingExample],
        validation: [TrainingExample]
    ) {
        self.configuration = configuration
        self.parameters = parameters
        self.examples = examples
        self.validation = validation
        order = StepOrder(
            exampleCount: examples.count,
            examplesPerStep: configuration.examplesPerStep,
            length: configuration.length,
            seed: configuration.seed
        )
        compute = Compute(kernels: configuration.kernels, threads: configuration.threads)
        pass = RowPass(
            weights: DecoderWeights(model) { parameters[$0, $1]?.matrices },
            parameters: parameters,
            rowLength: Self.rowLength(configuration, examples, validation),
            settings: configuration,
            compute: compute
        )
        guessLoss = Elementary.logarithm(Double(model.configuration.vocabularySize))
        optimizer = Optimizer(configuration, parameters: parameters)
        watch = ValidationWatch(configuration.earlyStopping)
    }

    /// Tokens of the longest pass that there can be.
    static func rowLength(
        _ configuration: TrainingConfiguration,
        _ examples: [TrainingExample],
        _ validation: [TrainingExample]
    ) -> Int {
        let lengths = examples.map(\.tokens.count).sorted(by: >)
        let all = max(
            lengths.prefix(configuration.examplesPerStep).reduce(0, +),
            validation.reduce(0) { $0 + $1.tokens.count }
        )
        let longest = max(lengths.first ?? 1, validation.map(\.tokens.count).max() ?? 1)
        return max(longest, min(configuration.passLength, all))
    }

    /// What training cannot come back from: far above a guess, and above where it began.
    private var lossLimit: Double { 1.5 * max(guessLoss, metrics.first?.loss ?? .infinity) }

    var isFinished: Bool { metrics.count >= order.stepCount || watch.isOver }

    /// Makes the next step.
    ///
    /// - Throws: `TrainerError` for a loss or a gradient that cannot be learned from; the parameters
    ///   are then those before the step.
    mutating func step() throws -> StepMetrics {
        let step = metrics.count + 1
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try gradients(of: order.examples(of: step).map { examples[$0] }, step: step)
        let rate =
            configuration.learningRate
            * configuration.schedule.factor(
                step: step,
                steps: order.stepCount,
                warmup: configuration.warmupSteps
            )
        let norm = try optimizer.step(rate: rate, number: step, compute: compute)
        let seconds = (clock.now - start) / .seconds(1)
        let metric = StepMetrics(
            step: step,
            stepCount: order.stepCount,
            loss: outcome.loss,
            learningRate: rate,
            gradientNorm: norm,
            tokenCount: outcome.tokens,
            trainedTokenCount: outcome.trained,
            seconds: seconds,
            validationLoss: isValidated(step) ? meanLoss(validation) : nil
        )
        metrics.append(metric)
        if let loss = metric.validationLoss, watch.add(loss, step: step), configuration.keepsBest {
            best = parameters.values.values
        }
        return metric
    }

    /// Leaves the values that are the result with the parameters; the step that they are from.
    func finish() -> Int {
        guard let best, let step = watch.bestStep else { return metrics.count }
        parameters.set(best)
        return step
    }

    func state(key: Digest) -> TrainingState {
        TrainingState(
            key: key,
            metrics: metrics,
            parameters: parameters.values.values,
            first: optimizer.moments.first.values,
            second: optimizer.moments.second.values,
            best: best
        )
    }

    /// Goes on after `state`'s last step.
    ///
    /// - Throws: `TrainerError` for a state of another shape or length.
    mutating func restore(_ state: TrainingState) throws {
        let count = parameters.values.count
        guard [state.parameters, state.first, state.second].allSatisfy({ $0.count == count }),
            (state.best?.count ?? count) == count, state.step <= order.stepCount,
            state.metrics.allSatisfy({ $0.stepCount == order.stepCount })
        else {
            throw TrainerError(
                .stateMismatch,
                "the saved training state is of another training: \(state.parameters.count) values "
                    + "and \(state.metrics.first?.stepCount ?? 0) steps, here \(count) and "
                    + "\(order.stepCount); train without --resume"
            )
        }
        parameters.set(state.parameters)
        optimizer.restore(first: state.first, second: state.second, step: state.step)
        metrics = state.metrics
        best = state.best
        for metric in metrics {
            if let loss = metric.validationLoss { _ = watch.add(loss, step: metric.step) }
        }
    }

    private func isValidated(_ step: Int) -> Bool {
        if step == order.stepCount { return true }
        let interval = configuration.validationInterval
        return interval > 0 && step.isMultiple(of: interval)
    }

    /// Leaves the gradients of a step's mean loss with the parameters.
    private func gradients(
        of examples: [TrainingExample],
        step: Int
    ) throws -> (loss: Double, tokens: Int, trained: Int) {
        let trained = examples.reduce(0) { $0 + $1.trainedCount }
        parameters.clearGradients()
        var sum = 0.0
        var tokens = 0
        for row in rows(examples, step: step) {
            sum = pass.run(row, factor: trained > 0 ? 1 / Float(trained) : 0, after: sum)
            guard sum.isFinite else {
                throw TrainerError(
                    .lossNotFinite,
                    "step \(step): the loss is not a finite number; lower the learning rate "
                        + "(\(configuration.learningRate)) or look at the step's examples"
                )
            }
            tokens += row.tokens.count
        }
        let loss = trained > 0 ? sum / Double(trained) : 0
        guard loss <= lossLimit else {
            throw TrainerError(
                .lossExploded,
                "step \(step): the loss is \(FixedDecimal.text(loss, 2)), a guess has "
                    + "\(FixedDecimal.text(guessLoss, 2)); lower the learning rate "
                    + "(\(configuration.learningRate)) or set clip_norm"
            )
        }
        return (loss, tokens, trained)
    }

    /// Mean loss over all trained tokens; nil without any.
    private func meanLoss(_ examples: [TrainingExample]) -> Double? {
        let trained = examples.reduce(0) { $0 + $1.trainedCount }
        guard trained > 0 else { return nil }
        let sum = rows(examples, step: 0).reduce(0.0) { pass.run($1, factor: nil, after: $0) }
        return sum / Double(trained)
    }

    /// What is computed together: packing alone decides the order of all sums, the length of a pass
    /// only where the sequence is cut.
    private func rows(_ examples: [TrainingExample], step: Int) -> [PackedRow] {
        let lengths = examples.map(\.tokens.count)
        let sequence = Packing.rows(lengths: lengths, rowLength: configuration.rowLength)
            .flatMap(\.self)
        var firstToken = 0
        return Packing.cut(sequence, lengths: lengths, passLength: configuration.passLength)
            .map { pass in
                let row = PackedRow(
                    pass.map { examples[$0] },
                    step: step,
                    firstToken: firstToken
                )
                firstToken += row.tokens.count
                return row
            }
    }
}
