// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotDeploy

struct Promote: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move an environment's tag to a version, when its gate passes.",
        discussion: "Exit status 0 when it moved, 3 when the gate failed, 4 when it has no data."
    )

    @Argument(help: "A version, such as support-intents:v3.")
    var reference: String

    @Argument(help: "The environment.")
    var environment: String

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, digest) = try open.resolve(reference)
        let environment = try open.environments.named(environment)
        let door = try open.pipeline().door
        let decision = try door.decide(reference, for: environment)
        // Before the move: a person sees why it may or may not take place.
        if !json { VerdictReport(decision).print(asJSON: false) }
        guard let approval = decision.approval else {
            if json { print(try refusal(decision, environment, digest, open).prettyText) }
            return try VerdictReport.leave(by: decision.verdict.outcome)
        }
        let move = try door.promote(approval)
        if json {
            print(try MoveReport(move, in: open).json(verdict: decision.verdict).prettyText)
            return
        }
        let name = "\(environment.repository):\(environment.name)"
        guard let index = move.logIndex else {
            print("\(name) is \(reference) already")
            return
        }
        print("\(name) is \(reference) now, log entry \(index)")
    }

    private func refusal(
        _ decision: PromotionDoor.Decision,
        _ environment: Environment,
        _ digest: Digest,
        _ open: OpenStore
    ) throws -> JSONValue {
        let current = try open.catalog.tag(environment.name, of: environment.repository)
        let move = Move(
            environment: environment,
            from: current?.digest,
            to: digest,
            isNew: false,
            logIndex: nil
        )
        return try MoveReport(move, in: open).json(verdict: decision.verdict)
    }
}

struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Return an environment to the version before, as a signed act."
    )

    @Argument(help: "The environment.")
    var environment: String

    @Option(help: "Why, for the audit.")
    var reason: String = "not given"

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let environment = try open.environments.named(environment)
        let move = try open.pipeline().door.rollback(environment, reason: reason)
        let report = try MoveReport(move, in: open)
        if json {
            print(report.json().prettyText)
            return
        }
        print(
            "\(environment.repository):\(environment.name) is \(report.version ?? move.to.short) "
                + "again, log entry \(move.logIndex ?? 0)"
        )
    }
}
