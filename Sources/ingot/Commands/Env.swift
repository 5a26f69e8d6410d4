// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotDeploy

struct Env: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Environments: where versions run, and the gate in front of each.",
        subcommands: [Set.self, List.self, History.self]
    )

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record the environments of a file."
        )

        @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let changed = try open.environments.set(EnvironmentFile(path: file))
            if json {
                print(JSONValue.array(changed.map(\.json)).prettyText)
                return
            }
            for environment in changed {
                print(
                    "\(environment.repository):\(environment.name), gate \(environment.gate.short)"
                )
            }
            if changed.isEmpty { print("unchanged") }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the environments and what each runs."
        )

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            var table = TextTable(["ENVIRONMENT", "REPOSITORY", "VERSION", "SINCE", "GATE"])
            var items: [JSONValue] = []
            for environment in try open.environments.all() {
                let tag = try open.catalog.tag(environment.name, of: environment.repository)
                let since = tag.map { Timestamp(seconds: $0.movedAt).description } ?? ""
                let version = try tag.flatMap { record in
                    try open.catalog.version(record.digest, in: environment.repository)
                }
                table.add([
                    environment.name.text, environment.repository.text,
                    version?.tag.text ?? "nothing yet", since, environment.gate.short,
                ])
                var members = environment.json.object ?? [:]
                members["version"] = version.map { .string($0.tag.text) } ?? .null
                members["digest"] = tag.map { .string($0.digest.description) } ?? .null
                members["since"] = tag == nil ? .null : .string(since)
                items.append(.object(members))
            }
            print(json ? JSONValue.array(items).prettyText : table.text)
        }
    }

    struct History: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what an environment ran, the first one first."
        )

        @Argument(help: "The environment.")
        var name: String

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let environment = try open.environments.named(name)
            var table = TextTable(["N", "VERSION", "ACT", "WHEN", "LOG"])
            let history = try open.catalog.tagHistory(
                environment.repository,
                environment.name
            )
            var items: [JSONValue] = []
            for record in history {
                let time = Timestamp(seconds: record.movedAt).description
                items.append([
                    "counter": .integer(Int64(record.counter)),
                    "digest": .string(record.digest.description),
                    "act": .string(record.act.rawValue), "time": .string(time),
                    "log_index": .integer(Int64(record.logIndex)),
                ])
                table.add([
                    "\(record.counter)", record.digest.short, record.act.rawValue,
                    time, "\(record.logIndex)",
                ])
            }
            print(json ? JSONValue.array(items).prettyText : table.text)
        }
    }
}

extension OpenStore {
    var environments: Environments {
        Environments(blobs: store.blobs, catalog: catalog, ledger: ledger)
    }
}
