// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotDeploy
package import IngotEvaluation
package import IngotEvidence

/// What a run of a recipe came to.
package struct RunOutcome: Sendable {
    package let run: RunID
    package var dataset: Published?
    package var adapter: Published?
    /// The run whose training the adapter is from, when it is not this one: its curves are there.
    package var trainedBy: RunID?
    /// The gate's decision, when the run went that far.
    package var decision: PromotionDoor.Decision?
    /// Set when the recipe promotes and the environment's gate passed.
    package var move: Move?
    package var image: BuiltImage?

    package var verdict: Verdict.Outcome? { decision?.verdict.outcome }
}

extension PipelineContext {
    /// Executes a recipe's steps up to and including `last`.
    ///
    /// A verdict that did not pass ends the run before `promote`. Steps from `forcedFrom` on run
    /// although the store has their results.
    package func run(
        _ recipe: Recipe,
        through last: Step = .image,
        forcedFrom: Step? = nil,
        git: GitState? = nil,
        runtime: RuntimeProgram? = nil
    ) throws -> RunOutcome {
        let recipeDigest = try store.blobs.put(recipe.bytes)
        let lock = try catalog.beginRun(
            name: recipe.name,
            recipe: recipeDigest,
            parameters: .object(recipe.train.settings.parameters.mapValues { .string($0) }),
            environment: [
                "program": .string(program.digest.description),
                "version": .string(program.version), "threads": .integer(Int64(threads)),
            ],
            startedAt: now().seconds
        )
        // Held to the end, whatever happens.
        defer { withExtendedLifetime(lock) {} }
        let id = lock.run
        let run = RecipeRun(
            id: id,
            recipe: recipe,
            recipeDigest: recipeDigest,
            git: git,
            forcedFrom: forcedFrom
        )
        var outcome = RunOutcome(run: id)
        do {
            try execute(run, through: last, runtime: runtime, &outcome)
        } catch {
            try catalog.finish(
                id,
                state: .failed,
                outputs: outcome.json(["error": .string("\(error)")]),
                at: now().seconds
            )
            throw error
        }
        try catalog.finish(id, state: .succeeded, outputs: outcome.json(), at: now().seconds)
        return outcome
    }

    private func execute(
        _ run: RecipeRun,
        through last: Step,
        runtime: RuntimeProgram?,
        _ outcome: inout RunOutcome
    ) throws {
        report(.stepStarted(.prepare))
        let dataset = try prepareStep(run)
        outcome.dataset = dataset
        guard last > .prepare else { return }
        report(.stepStarted(.train))
        let trained = try trainStep(run, dataset: dataset)
        let adapter = trained.version
        outcome.adapter = adapter
        outcome.trainedBy = trained.madeBy == run.id ? nil : trained.madeBy
        guard last > .train else { return }
        report(.stepStarted(.evaluate))
        try evaluateStep(run, adapter: adapter, dataset: dataset)
        guard last > .evaluate else { return }
        report(.stepStarted(.gate))
        let decision = try door.check(adapter.reference, gate: run.recipe.gate.bytes)
        outcome.decision = decision
        report(.stepFinished(.gate, summary: decision.verdict.summary, isReused: false))
        guard last > .gate, decision.verdict.outcome == .passed else { return }
        if let promote = run.recipe.promote {
            report(.stepStarted(.promote))
            try promoteStep(adapter, to: promote.environment, &outcome)
        }
        guard last > .promote, let image = run.recipe.image,
            outcome.verdict == .passed, let runtime
        else { return }
        report(.stepStarted(.image))
        let built = try buildImage(
            adapter.reference,
            in: image.repository,
            to: image.output,
            runtime: runtime
        )
        outcome.image = built
        report(
            .stepFinished(
                .image,
                summary: "\(image.output) \(built.digest.short)",
                isReused: false
            )
        )
    }

    private func promoteStep(
        _ adapter: Published,
        to name: String,
        _ outcome: inout RunOutcome
    ) throws {
        let environments = Environments(blobs: store.blobs, catalog: catalog, ledger: ledger)
        let environment = try environments.named(name)
        let decision = try door.decide(adapter.reference, for: environment)
        outcome.decision = decision
        guard let approval = decision.approval else {
            report(.stepFinished(.promote, summary: decision.verdict.summary, isReused: false))
            return
        }
        let move = try door.promote(approval)
        outcome.move = move
        report(
            .stepFinished(
                .promote,
                summary: "\(environment.repository):\(name) is \(adapter.reference)",
                isReused: !move.isNew
            )
        )
    }

    package var door: PromotionDoor {
        PromotionDoor(
            store: store,
            catalog: catalog,
            ledger: ledger,
            programVersion: program.version,
            now: now
        )
    }
}

extension Verdict {
    /// The outcome and, of the findings, those that decided it.
    package var summary: String {
        let deciding = findings.filter { $0.outcome == outcome && $0.value != nil }
        let reasons = (deciding.isEmpty ? findings.filter { $0.outcome == outcome } : deciding)
            .map { "\($0.rule): \($0.reason)" }
        return "\(outcome.rawValue): \(reasons.joined(separator: "; "))"
    }
}

extension RunOutcome {
    /// What the catalog keeps of it, beside `others`.
    fileprivate func json(_ others: [String: JSONValue] = [:]) -> JSONValue {
        var members = others
        if let dataset { members["dataset"] = .string(dataset.reference.description) }
        if let adapter { members["adapter"] = .string(adapter.reference.description) }
        if let trainedBy { members["trained_by"] = .string(trainedBy.description) }
        if let verdict { members["verdict"] = .string(verdict.rawValue) }
        if let image { members["image"] = .string(image.digest.description) }
        return .object(members)
    }
}
