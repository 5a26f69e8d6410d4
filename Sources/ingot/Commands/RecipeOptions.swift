// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore
import IngotEvaluation
import IngotPipeline

/// What all commands that execute a recipe share.
struct RecipeOptions: ParsableArguments {
    @Argument(help: "The recipe.", completion: .file(extensions: ["yaml", "yml"]))
    var recipe: String

    @Option(help: "Run again from this step on, although the store has the results.")
    var from: Step?

    @Option(help: "Threads to compute with; never part of a result.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads: expected 1 to 1024")
        }
    }

    func run(through last: Step, training: TrainingFlags? = nil) throws {
        let open = try OpenStore(options)
        let parsed = try Recipe(path: recipe)
        let reporter = StepReporter(isQuiet: json)
        var context = try open.pipeline(threads: threads) { reporter.show($0) }
        if let training { context.training = training.options }
        let outcome = try context.run(
            parsed,
            through: last,
            forcedFrom: from,
            git: GitWorkTree.state(at: recipe),
            runtime: last == .image ? try ModelServer.program() : nil
        )
        if json { print(outcome.report.prettyText) }
        switch outcome.verdict {
        case nil, .passed: return
        case .failed: throw ExitCodes.gateFailed
        case .noData: throw ExitCodes.gateWithoutData
        }
    }
}

extension Step: ExpressibleByArgument {}

extension RunOutcome {
    /// For `--json`.
    fileprivate var report: JSONValue {
        var members: [String: JSONValue] = ["run": .string(run.description)]
        for (name, published) in [("dataset", dataset), ("adapter", adapter)] {
            guard let published else { continue }
            members[name] = [
                "reference": .string(published.reference.description),
                "digest": .string(published.digest.description),
            ]
        }
        if let decision { members["verdict"] = decision.verdict.json }
        if let move { members["promoted"] = .string(move.environment.name.text) }
        if let image {
            members["image"] = [
                "reference": .string(image.reference.description),
                "digest": .string(image.digest.description),
            ]
        }
        return .object(members)
    }
}
