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
            let runs = try open.catalog.runs().map { try RunReport($0, in: open.catalog) }
            for run in runs {
                let loss = run.curves.last("loss").map { FixedDecimal.text($0, 4) } ?? ""
                let record = run.record
                table.add([
                    record.id.description, record.name, record.state.rawValue,
                    Timestamp(seconds: record.startedAt).description, loss,
                    record.outputs["adapter"]?.string ?? record.outputs["dataset"]?.string ?? "",
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
            let report = try RunReport(record, in: open.catalog)
            if json {
                var members = report.json.object ?? [:]
                members["metrics"] = report.curves.json
                print(JSONValue.object(members).prettyText)
                return
            }
            print("\(record.id)  \(record.name)  \(record.state.rawValue)")
            print("started   \(Timestamp(seconds: record.startedAt))")
            if let end = record.finishedAt { print("finished  \(Timestamp(seconds: end))") }
            if let recipe = record.recipe { print("recipe    \(recipe)") }
            if let run = report.trainedBy { print("training  from the store: \(run) trained") }
            for (title, value) in [("parameters", record.parameters), ("outputs", record.outputs)] {
                print("\(title)")
                for (key, item) in (value.object ?? [:]).sorted(by: { $0.key < $1.key }) {
                    print("  \(key): \(item.string ?? item.canonicalText)")
                }
            }
            print(report.curves.text)
        }
    }

    struct Compare: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare runs: the parameters that differ, and their last metrics.",
            discussion: """
                For a run that took its training from the store, those of the run that trained.
                """
        )

        @Argument(help: "Two or more runs.")
        var runs: [String]

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var options: StoreOptions

        func validate() throws {
            guard runs.count >= 2 else { throw ValidationError("give two or more runs") }
        }

        func run() throws {
            let open = try OpenStore(options)
            let comparison = RunComparison(
                try runs.map {
                    try RunReport(open.catalog.run(RunID(parsing: $0)), in: open.catalog)
                }
            )
            print(json ? comparison.json.prettyText : comparison.text)
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
            let curves = try RunReport(record, in: open.catalog).curves
            let text = format == .csv ? curves.csv : curves.json.prettyText + "\n"
            if let output {
                try Files.replace(output, with: text.utf8)
            } else {
                print(text, terminator: "")
            }
        }
    }
}
