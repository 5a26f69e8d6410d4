// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
internal import IngotData
internal import IngotDeploy
internal import IngotEvaluation
internal import IngotEvidence
internal import IngotModel
internal import IngotStore
internal import IngotTensor

extension PipelineContext {
    /// Adapter version → evaluation on the held-out split, beside its baselines.
    ///
    /// The digest of the evaluation's index.
    @discardableResult
    package func evaluateStep(
        _ run: RecipeRun,
        adapter: Published,
        dataset: Published
    ) throws -> Digest {
        let recipe = run.recipe
        let started = now()
        let baseDigest = try catalog.resolve(recipe.base)
        let key = StepKey(
            .evaluate,
            inputs: ["adapter": adapter.digest, "dataset": dataset.digest, "base": baseDigest],
            part: recipe.evaluate.part,
            program: program
        )
        if let (known, bundle) = try rememberedEvaluation(key, run) {
            try catalog.append(metrics: bundle.values, step: 0, to: run.id)
            report(.stepFinished(.evaluate, summary: bundle.summary, isReused: true))
            return known
        }
        let base = try openBase(baseDigest)
        let task = try evaluationTask(run, dataset: dataset, base: base)
        let bundle = try evaluated(run, task, adapter: adapter, base: base)
        let index = try bundle.write(to: store.blobs)
        let facts = EvaluatedFacts(
            candidate: reference("candidate", adapter.reference, adapter.digest),
            baselines: [
                reference("base", recipe.base, baseDigest),
                ResourceRef(name: "majority", digest: nil),
            ],
            dataset: reference("dataset", dataset.reference, dataset.digest),
            split: ResourceRef(name: task.split.split.rawValue, digest: task.split.digest),
            exampleCount: task.examples.count,
            metrics: bundle.measured,
            outputs: index,
            form: Self.unmerged,
            kernelSet: KernelSet.portable.rawValue,
            parameters: FlatParameters.texts(recipe.evaluate.part),
            program: programRef,
            context: buildContext(run, since: started)
        )
        try ledger.record(
            .evaluated(facts),
            act: .evaluated,
            subject: Statement.Subject(
                name: adapter.reference.description,
                digest: adapter.digest
            )
        )
        try catalog.append(metrics: bundle.values, step: 0, to: run.id)
        try remember(key, ["evaluation": .string(index.description)])
        report(.stepFinished(.evaluate, summary: bundle.summary, isReused: false))
        return index
    }

    static let unmerged = "unmerged"

    private func rememberedEvaluation(
        _ key: StepKey,
        _ run: RecipeRun
    ) throws -> (index: Digest, bundle: EvaluationBundle)? {
        guard !run.isForced(.evaluate), let text = try remembered(key)?["evaluation"]?.string
        else { return nil }
        let index = try Digest(parsing: text)
        // The outputs may have been collected with the version that they were about.
        return (try? EvaluationBundle(reading: index, from: store.blobs)).map { (index, $0) }
    }

    private func evaluationTask(
        _ run: RecipeRun,
        dataset: Published,
        base: BaseModel
    ) throws -> EvaluationTask {
        guard let split = Split(rawValue: run.recipe.evaluate.split) else {
            throw PipelineError("evaluate.split: '\(run.recipe.evaluate.split)' is no split")
        }
        let entries = try store.readTree(of: dataset.digest)
        guard let entry = entries.first(where: { $0.path == split.fileName }) else {
            throw PipelineError(
                "\(dataset.reference): it has no \(split.fileName): give prepare.split.\(split) a "
                    + "share"
            )
        }
        let labels = try entries.first { $0.path == PreparedDataset.FileName.labels }.map {
            try LabelSet(json: JSONValue(parsing: store.readFile($0)))
        }
        return try EvaluationTask(
            split: EvaluationSplit(dataset: dataset.digest, split: split, digest: entry.digest),
            examples: Example.examples(file: entry.path, bytes: store.readFile(entry)),
            labels: labels,
            chat: base.chat
        )
    }

    private func evaluated(
        _ run: RecipeRun,
        _ task: EvaluationTask,
        adapter: Published,
        base: BaseModel
    ) throws -> EvaluationBundle {
        let bootstrap = Bootstrap(seed: run.recipe.evaluate.seed)
        func scoring(_ adapter: Adapter?) -> ModelScoring {
            ModelScoring(
                decoder: Decoder(
                    model: base.model,
                    adapter: adapter,
                    kernels: .portable,
                    threads: threads
                ),
                tokenizer: base.tokenizer,
                answerTokenLimit: run.recipe.evaluate.answerTokenLimit
            )
        }
        let opened = try openAdapter(adapter.digest, for: base)
        let scores = scoring(opened).scores(task, generates: true) {
            report(.progress(.evaluate, fraction: $0 * 0.6, note: "candidate"))
        }
        // Without labels the base must write its answer; with labels it may choose, which is harder
        // to beat: a base that was never taught the form of an answer writes none of them.
        let baseScores = scoring(nil).scores(task, generates: task.labels == nil) {
            report(.progress(.evaluate, fraction: 0.6 + $0 * 0.4, note: "base"))
        }
        return EvaluationBundle(
            candidate: try task.result(
                Self.model("candidate", adapter.digest, .generation),
                scores,
                bootstrap
            ),
            baselines: try baselines(task, base: base.digest, baseScores, bootstrap)
        )
    }

    /// The base; beside it, where the answers are labels, the commonest one.
    private func baselines(
        _ task: EvaluationTask,
        base: Digest,
        _ scores: [ExampleScore],
        _ bootstrap: Bootstrap
    ) throws -> [EvaluationResult] {
        guard let labels = task.labels else {
            return [try task.result(Self.model("base", base, .generation), scores, bootstrap)]
        }
        var results = [
            try task.result(
                Self.model("base", base, .choice),
                Baselines.choice(scores),
                bootstrap
            )
        ]
        if let majority = labels.majority(in: .train) {
            results.append(
                try task.result(
                    EvaluationSubject(name: "majority", digest: nil, method: .majority),
                    Baselines.majority(majority, on: task.examples),
                    bootstrap
                )
            )
        }
        return results
    }

    private static func model(
        _ name: String,
        _ digest: Digest,
        _ method: EvaluationSubject.Method
    ) -> EvaluationSubject {
        EvaluationSubject(
            name: name,
            digest: digest,
            method: method,
            form: unmerged,
            kernels: KernelSet.portable.rawValue
        )
    }
}

extension EvaluationTask {
    fileprivate func result(
        _ subject: EvaluationSubject,
        _ scores: [ExampleScore],
        _ bootstrap: Bootstrap
    ) throws -> EvaluationResult {
        try EvaluationResult(
            subject: subject,
            split: split,
            labels: labelTexts,
            scores: scores,
            bootstrap: bootstrap
        )
    }
}

/// Metrics of a run that its evaluation gave, told by their prefix from those of its training.
package enum EvaluationMetrics {
    package static let prefix = "evaluate."
}

extension EvaluationBundle {
    /// Every metric of every system, as the statement lists them.
    fileprivate var measured: [MeasuredMetric] {
        ([candidate] + baselines).flatMap { result in
            result.metrics.map { metric, interval in
                MeasuredMetric(
                    name: metric.rawValue,
                    model: result.subject.name,
                    value: FixedDecimal.text(interval.value, 6),
                    lower: FixedDecimal.text(interval.lower, 6),
                    upper: FixedDecimal.text(interval.upper, 6)
                )
            }
        }
    }

    /// As the catalog keeps them: the candidate's with their intervals, the baselines' by name.
    fileprivate var values: [String: Double] {
        var values: [String: Double] = [:]
        for (metric, interval) in candidate.metrics {
            let name = EvaluationMetrics.prefix + metric.rawValue
            values[name] = interval.value
            values["\(name).lower"] = interval.lower
            values["\(name).upper"] = interval.upper
        }
        for result in baselines {
            for (metric, interval) in result.metrics {
                let name = "\(result.subject.name).\(metric.rawValue)"
                values[EvaluationMetrics.prefix + name] = interval.value
            }
        }
        return values
    }

    /// `exact_match 0.565 [0.500, 0.635], base 0.210, majority 0.120`.
    fileprivate var summary: String {
        guard let interval = candidate[.exactMatch] else { return "" }
        let own =
            "exact_match \(FixedDecimal.text(interval.value, 3)) "
            + "[\(FixedDecimal.text(interval.lower, 3)), \(FixedDecimal.text(interval.upper, 3))]"
        let others = baselines.compactMap { result in
            result[.exactMatch].map {
                "\(result.subject.name) \(FixedDecimal.text($0.value, 3))"
            }
        }
        return ([own] + others).joined(separator: ", ")
    }
}
