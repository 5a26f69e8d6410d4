// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
internal import IngotData
internal import IngotEvidence
internal import IngotModel
internal import IngotStore
internal import IngotTensor
internal import IngotTrainer

extension PipelineContext {
    /// Prepared dataset version and base → adapter version.
    package func trainStep(_ run: RecipeRun, dataset: Published) throws -> StepVersion {
        let recipe = run.recipe
        let started = now()
        let baseDigest = try catalog.resolve(recipe.base)
        let key = StepKey(
            .train,
            inputs: ["dataset": dataset.digest, "base": baseDigest],
            part: recipe.train.part,
            program: program
        )
        if !run.isForced(.train), let known = try reuse(key, in: recipe.train.repository) {
            let by = known.madeBy.map { ", trained by \($0)" } ?? ""
            report(.stepFinished(.train, summary: summary(known.version) + by, isReused: true))
            return known
        }
        let base = try openBase(baseDigest)
        let states = TrainingStateFiles(root: store.blobs.layout.root)
        let result = try trained(run, dataset: dataset, base: base, key: key, states: states)
        let metrics = MetricLog(result)
        let metricsDigest = try store.blobs.put(metrics.bytes)
        let settings = recipe.train.settings
        let published = try publish(
            .adapter,
            in: recipe.train.repository,
            config: ["format": "peft.lora", "base": .string(baseDigest.description)],
            files: result.adapter.files().map {
                FileSource(path: $0.name, content: .bytes($0.bytes))
            },
            act: .adapterTrained
        ) { _ in
            .trained(
                TrainedFacts(
                    recipe: run.recipeRef,
                    base: reference("base", recipe.base, baseDigest),
                    dataset: reference("dataset", dataset.reference, dataset.digest),
                    hyperparameters: settings.parameters,
                    internalParameters: [
                        "kernelSet": KernelSet.portable.rawValue, "dtype": "float32",
                        "reductionOrder": "fixed", "threads": "\(threads)",
                        "cpu": "\(KernelLevel.best)",
                        "steps": "\(result.metrics.count)", "adapterOfStep": "\(result.step)",
                    ],
                    program: programRef,
                    metrics: metricsDigest,
                    context: buildContext(run, since: started)
                )
            )
        }
        try remember(key, published, of: run)
        try states.remove(key)
        report(
            .stepFinished(
                .train,
                summary: "\(summary(published)), loss \(metrics.firstAndLast)",
                isReused: false
            )
        )
        return StepVersion(version: published, madeBy: run.id)
    }

    private func trained(
        _ run: RecipeRun,
        dataset: Published,
        base: BaseModel,
        key: StepKey,
        states: TrainingStateFiles
    ) throws -> TrainingResult {
        let settings = run.recipe.train.settings
        let model = try settings.quantisation.map {
            try base.model.quantised(
                $0,
                threads: threads,
                base: run.recipe.base.repository.text
            )
        }
        var configuration = settings.configuration(
            threads: threads,
            baseName: run.recipe.base.repository.text
        )
        if let tokens = training.tokensAtOnce { configuration.tokensAtOnce = tokens }
        if let recomputes = training.recomputesBlocks {
            configuration.recomputesBlocks = recomputes
        }
        var trainer = try Trainer(model: model ?? base.model, configuration: configuration)
        let state = try savedState(key, in: states)
        for metrics in state?.metrics ?? [] {
            try catalog.append(metrics: metrics.values, step: metrics.step, to: run.id)
        }
        var rate = TokenRate()
        return try InterruptSignals.watch { isInterrupted in
            try trainer.train(
                examples: try examples(.train, of: dataset, base: base),
                validation: try examples(.validation, of: dataset, base: base),
                from: state,
                saving: StateSaving(
                    key: key.digest,
                    interval: settings.saveInterval,
                    isInterrupted: isInterrupted,
                    save: { try states.write($0, key) }
                )
            ) { metrics in
                try catalog.append(metrics: metrics.values, step: metrics.step, to: run.id)
                let speed = rate.add(metrics.tokenCount, seconds: metrics.seconds)
                report(
                    .progress(
                        .train,
                        fraction: Double(metrics.step) / Double(max(metrics.stepCount, 1)),
                        note: "loss \(FixedDecimal.text(metrics.loss, 4)), \(Int(speed)) tokens/s"
                    )
                )
            }
        }
    }

    /// The state to go on from; says what is there and what is not.
    private func savedState(
        _ key: StepKey,
        in states: TrainingStateFiles
    ) throws -> TrainingState? {
        guard training.resumes else {
            if let state = try? states.read(key) {
                report(
                    .note(
                        .train,
                        "a state after step \(state.step) is there and is not used: stop, and give "
                            + "--resume, to go on from it"
                    )
                )
            }
            return nil
        }
        if let state = try states.read(key) {
            let last = state.metrics.last?.stepCount ?? state.step
            report(.note(.train, "going on after step \(state.step) of \(last)"))
            return state
        }
        let others = try states.otherCount(than: key)
        report(
            .note(
                .train,
                "no state of this training to go on from"
                    + (others > 0 ? " (\(others) of other recipes, inputs or programs)" : "")
                    + ": from the first step"
            )
        )
        return nil
    }

    /// A split of a prepared version as tokens; empty when it has no such split.
    func examples(
        _ split: Split,
        of dataset: Published,
        base: BaseModel
    ) throws -> [TrainingExample] {
        try self.split(split, of: dataset.digest).map {
            try base.chat.example($0.messages.map(\.chatJSON))
        }
    }

    /// A split's rows.
    func split(_ split: Split, of dataset: Digest) throws -> [Example] {
        guard
            let entry = try store.readTree(of: dataset).first(where: { $0.path == split.fileName })
        else { return [] }
        return try Example.examples(file: entry.path, bytes: store.readFile(entry))
    }
}

/// Tokens a second over the last steps.
struct TokenRate {
    private var recent: [(tokens: Int, seconds: Double)] = []

    mutating func add(_ tokens: Int, seconds: Double) -> Double {
        recent.append((tokens, seconds))
        if recent.count > 8 { recent.removeFirst() }
        let time = recent.reduce(0) { $0 + $1.seconds }
        return time > 0 ? Double(recent.reduce(0) { $0 + $1.tokens }) / time : 0
    }
}
