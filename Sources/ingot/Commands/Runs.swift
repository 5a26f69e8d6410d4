// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCatalog
import IngotCore
import IngotFiles
import IngotPipeline

struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs: parameters, metrics of every step, curves.",
        subcommands: [List.self, Show.self, Compare.self, Export.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List runs, the newest first.")

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            var table = TextTable(["RUN", "RECIPE", "STATE", "STARTED", "LOSS", "OUTPUT"])
            let runs = try open.catalog.runs()
            for run in runs {
                let losses = try open.catalog.metrics(of: run.id).filter { $0.name == "loss" }
                let loss = losses.last.map { FixedDecimal.text($0.value, 4) } ?? ""
                table.add([
                    run.id.description, run.name, run.state.rawValue,
                    Timestamp(seconds: run.startedAt).description, loss,
                    run.outputs["adapter"]?.string ?? run.outputs["dataset"]?.string ?? "",
                ])
            }
            print(json ? JSONValue.array(runs.map(\.json)).prettyText : table.text)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a run: parameters, outputs, curves."
        )

        @Argument(help: "A run, such as r3.")
        var name: String

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let record = try open.catalog.run(RunID(parsing: name))
            let curves = MetricCurves(try open.catalog.metrics(of: record.id))
            if json {
                var members = record.json.object ?? [:]
                members["metrics"] = curves.json
                print(JSONValue.object(members).prettyText)
                return
            }
            print("\(record.id)  \(record.name)  \(record.state.rawValue)")
            print("started   \(Timestamp(seconds: record.startedAt))")
            if let end = record.finishedAt { print("finished  \(Timestamp(seconds: end))") }
            if let recipe = record.recipe { print("recipe    \(recipe)") }
            for (title, value) in [("parameters", record.parameters), ("outputs", record.outputs)] {
                print("\(title)")
                for (key, item) in (value.object ?? [:]).sorted(by: { $0.key < $1.key }) {
                    print("  \(key): \(item.string ?? item.canonicalText)")
                }
            }
            print(curves.text)
        }
    }

    struct Compare: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare runs: the parameters that differ, and their last metrics."
        )

        @Argument(help: "Two or more runs.")
        var runs: [String]

        @OptionGroup var options: StoreOptions

        func validate() throws {
            guard runs.count >= 2 else { throw ValidationError("give two or more runs") }
        }

        func run() throws {
            let open = try OpenStore(options)
            let records = try runs.map { try open.catalog.run(RunID(parsing: $0)) }
            let curves = try records.map { MetricCurves(try open.catalog.metrics(of: $0.id)) }
            var table = TextTable([""] + records.map(\.id.description))
            let keys = Swift.Set(records.flatMap { ($0.parameters.object ?? [:]).keys }).sorted()
            for key in keys {
                let values = records.map { $0.parameters[key]?.string ?? "" }
                if Swift.Set(values).count > 1 { table.add([key] + values) }
            }
            for name in Swift.Set(curves.flatMap(\.names)).sorted() {
                table.add([name] + curves.map { $0.last(name).map { "\($0)" } ?? "" })
            }
            print(table.text)
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a run's metrics as CSV or JSON."
        )

        enum Format: String, CaseIterable, ExpressibleByArgument { case csv, json }

        @Argument(help: "A run, such as r3.")
        var name: String

        @Option(help: "csv or json.")
        var format = Format.csv

        @Option(name: .shortAndLong, help: "The file; standard output without it.")
        var output: String?

        @OptionGroup var options: StoreOptions

        func run() throws {
            let open = try OpenStore(options)
            let record = try open.catalog.run(RunID(parsing: name))
            let curves = MetricCurves(try open.catalog.metrics(of: record.id))
            let text = format == .csv ? curves.csv : curves.json.prettyText + "\n"
            if let output {
                try Files.replace(output, with: text.utf8)
            } else {
                print(text, terminator: "")
            }
        }
    }
}

extension RunRecord {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "run": .string(id.description), "name": .string(name),
            "state": .string(state.rawValue), "parameters": parameters,
            "environment": environment, "outputs": outputs,
            "started": .string(Timestamp(seconds: startedAt).description),
        ]
        if let recipe { members["recipe"] = .string(recipe.description) }
        if let finishedAt {
            members["finished"] = .string(Timestamp(seconds: finishedAt).description)
        }
        return .object(members)
    }
}
