// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotDeploy
import IngotEvaluation
import IngotFiles
import IngotYAML

struct Gate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide about a version by a gate, from signed evidence.",
        subcommands: [Check.self]
    )

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply a gate to a version and sign the verdict.",
            discussion: "Exit status 0 when it passed, 3 when it failed, 4 when it has no data."
        )

        @Argument(help: "A version, such as support-intents:v3.")
        var reference: String

        @Option(help: "The gate file.", completion: .file(extensions: ["yaml", "yml"]))
        var gate: String?

        @Option(help: "The environment whose gate counts.")
        var environment: String?

        @Flag(help: "Print the verdict as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func validate() throws {
            guard (gate == nil) != (environment == nil) else {
                throw ValidationError("give --gate FILE or --environment NAME")
            }
        }

        func run() throws {
            let open = try OpenStore(options)
            let (reference, _) = try open.resolve(reference)
            let door = try open.pipeline().door
            let decision: PromotionDoor.Decision
            if let environment {
                decision = try door.decide(
                    reference,
                    for: open.environments.named(environment)
                )
            } else {
                decision = try door.check(
                    reference,
                    gate: Files.read(gate ?? "", limit: YAMLDocument.byteLimit)
                )
            }
            VerdictReport(decision).print(asJSON: json)
            try VerdictReport.leave(by: decision.verdict.outcome)
        }
    }
}

/// A verdict for people, a line a rule.
struct VerdictReport {
    private let decision: PromotionDoor.Decision

    init(_ decision: PromotionDoor.Decision) { self.decision = decision }

    func print(asJSON: Bool) {
        if asJSON {
            Swift.print(decision.verdict.json.prettyText)
            return
        }
        Swift.print("\(decision.verdict.outcome.rawValue)  \(decision.version)")
        for finding in decision.verdict.findings {
            Swift.print("  \(finding.outcome.rawValue)  \(finding.rule): \(finding.reason)")
        }
    }

    static func leave(by outcome: Verdict.Outcome) throws {
        switch outcome {
        case .passed: return
        case .failed: throw ExitCodes.gateFailed
        case .noData: throw ExitCodes.gateWithoutData
        }
    }
}
