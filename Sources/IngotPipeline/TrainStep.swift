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
        let described = try store.config(of: store.manifest(baseDigest))
        let licence = Licence.warning(described["licence"]?.string)
        if let licence { report(.note(.train, licence)) }
        let splits = try splits(of: dataset.digest, recipe.train.settings, base: base)
        try catalog.append(metrics: splits.metrics, step: 0, to: run.id)
        if let note = splits.note { report(.note(.train, note)) }
        let result = try trained(run, splits, base: base, key: key, states: states)
        let metrics = MetricLog(result)
        let metricsDigest = try store.blobs.put(metrics.bytes)
        let settings = recipe.train.settings
        let published = try publish(
            .adapter,
            in: recipe.train.repository,
            config: Self.config(base: baseDigest),
            files: Self.files(result.adapter),
            act: .adapterTrained
        ) { _ in
            .trained(
                TrainedFacts(
                    recipe: run.recipeRef,
                    base: reference("base", recipe.base, baseDigest),
                    dataset: reference("dataset", dataset.reference, dataset.digest),
                    hyperparameters: settings.parameters,
                    internalParameters: internalParameters(
                        settings.kernels,
                        result,
                        splits,
                        licence
                    ),
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

    /// The config of an adapter version.
    static func config(base: Digest) -> JSONValue {
        ["format": "peft.lora", "base": .string(base.description)]
    }

    static func files(_ adapter: Adapter) -> [FileSource] {
        adapter.files().map { FileSource(path: $0.name, content: .bytes($0.bytes)) }
    }

    /// What Ingot chose and found, beside what the recipe says.
    func internalParameters(
        _ kernels: KernelSet,
        _ result: TrainingResult,
        _ splits: TrainingSplits,
        _ licence: String?
    ) -> [String: String] {
        var parameters = [
            "kernelSet": kernels.rawValue, "dtype": kernels.productType,
            "reductionOrder": "fixed", "threads": "\(threads)", "cpu": "\(KernelLevel.best)",
            "steps": "\(result.metrics.count)", "adapterOfStep": "\(result.step)",
        ]
        parameters["licenceWarning"] = licence
        parameters.merge(splits.train.counts(.train)) { _, new in new }
        parameters.merge(splits.validation.counts(.validation)) { _, new in new }
        return parameters
    }

    private func trained(
        _ run: RecipeRun,
        _ splits: TrainingSplits,
        base: BaseModel,
        key: StepKey,
        states: TrainingStateFiles
    ) throws -> TrainingResult {
        var trainer = try trainer(
            run.recipe.train.settings,
            baseName: run.recipe.base.repository.text,
            base: base,
            splits
        )
        let state = try savedState(key, in: states)
        for metrics in state?.metrics ?? [] {
            try catalog.append(metrics: metrics.values, step: metrics.step, to: run.id)
        }
        var rate = TokenRate()
        return try InterruptSignals.watch { isInterrupted in
            try trainer.train(
                examples: splits.train.examples,
                validation: splits.validation.examples,
                from: state,
                saving: StateSaving(
                    key: key.digest,
                    interval: run.recipe.train.settings.saveInterval,
                    isInterrupted: isInterrupted,
                    save: { try states.write($0, key) }
                )
            ) { metrics in
                try catalog.append(metrics: metrics.values, step: metrics.step, to: run.id)
                report(rate.progress(metrics))
            }
        }
    }

    /// A trainer for what a recipe says, with this machine's options.
    ///
    /// - Throws: `TrainerError` where the memory is not enough, unless that is to be ignored.
    func trainer(
        _ settings: TrainingSettings,
        baseName: String,
        base: BaseModel,
        _ splits: TrainingSplits
    ) throws -> Trainer {
        var configuration = settings.configuration(threads: threads, baseName: baseName)
        if let tokens = training.tokensAtOnce { configuration.tokensAtOnce = tokens }
        if let recomputes = training.recomputesBlocks {
            configuration.recomputesBlocks = recomputes
        }
        let model = try settings.model(base.model, name: baseName, threads: threads)
        let trainer = try Trainer(model: model, configuration: configuration)
        guard let available = AvailableMemory.bytes() else { return trainer }
        let (examples, validation) = (splits.train.examples, splits.validation.examples)
        let need = trainer.memoryEstimate(examples, validation: validation)
        report(.note(.train, "needs about \(need) of \(MemoryEstimate.text(available)) available"))
        if !training.ignoresMemory,
            let fault = trainer.memoryFault(examples, validation: validation, available: available)
        {
            throw fault
        }
        return trainer
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

    /// What a training reads of a prepared version.
    func splits(
        of dataset: Digest,
        _ settings: TrainingSettings,
        base: BaseModel
    ) throws -> TrainingSplits {
        TrainingSplits(
            train: try tokenized(.train, of: dataset, settings, base: base),
            validation: try tokenized(.validation, of: dataset, settings, base: base)
        )
    }

    /// Empty where there is no such split.
    private func tokenized(
        _ split: Split,
        of dataset: Digest,
        _ settings: TrainingSettings,
        base: BaseModel
    ) throws -> TokenizedSplit {
        let examples = try self.split(split, of: dataset).map { example in
            do {
                return try base.chat.example(
                    example.messages.map(\.chatJSON),
                    learning: settings.learning
                )
            } catch let error as PipelineError {
                throw PipelineError("example \(example.id): \(error.message)")
            }
        }
        return TokenizedSplit(
            examples,
            limit: min(settings.rowLength, base.model.configuration.contextLength),
            long: settings.longExamples
        )
    }

    /// A split's rows.
    func split(_ split: Split, of dataset: Digest) throws -> [Example] {
        guard
            let entry = try store.readTree(of: dataset).first(where: { $0.path == split.fileName })
        else { return [] }
        return try Example.examples(file: entry.path, bytes: store.readFile(entry))
    }
}
