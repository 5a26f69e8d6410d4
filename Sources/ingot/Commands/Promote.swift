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

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let (reference, _) = try open.resolve(reference)
        let environment = try open.environments.named(environment)
        let door = try open.pipeline().door
        let decision = try door.decide(reference, for: environment)
        VerdictReport(decision).print(asJSON: false)
        guard let approval = decision.approval else {
            return try VerdictReport.leave(by: decision.verdict.outcome)
        }
        let move = try door.promote(approval)
        let name = "\(environment.repository):\(environment.name)"
        guard let index = move.logIndex else {
            print("\(name) is \(reference) already")
            return
        }
        print("\(name) is \(reference) now, log entry \(index)")
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

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        let environment = try open.environments.named(environment)
        let move = try open.pipeline().door.rollback(environment, reason: reason)
        let number = try open.catalog.version(move.to, in: environment.repository)?.tag.text
        print(
            "\(environment.repository):\(environment.name) is \(number ?? move.to.short) again, "
                + "log entry \(move.logIndex ?? 0)"
        )
    }
}
