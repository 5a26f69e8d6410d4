// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotPipeline

/// A run with its metrics; where it took its training from the store, those of the run that
/// trained.
struct RunReport {
    let record: RunRecord
    let curves: MetricCurves
    /// The run that trained; nil when it is this one, or when that is not known.
    let trainedBy: RunID?

    init(_ record: RunRecord, in catalog: Catalog) throws {
        self.record = record
        var metrics = try catalog.metrics(of: record.id)
        trainedBy = try record.outputs["trained_by"]?.string.map { try RunID(parsing: $0) }
        if let trainedBy {
            // An evaluation's numbers are each run's own.
            metrics += try catalog.metrics(of: trainedBy).filter {
                !$0.name.hasPrefix(EvaluationMetrics.prefix)
            }
        }
        curves = MetricCurves(metrics)
    }

    /// What names the run's training where metrics are shown; empty when it is its own.
    var trainer: String { trainedBy.map { "\($0)" } ?? "" }

    /// Without the metrics.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "run": .string(record.id.description), "name": .string(record.name),
            "state": .string(record.state.rawValue), "parameters": record.parameters,
            "environment": record.environment, "outputs": record.outputs,
            "started": .string(Timestamp(seconds: record.startedAt).description),
        ]
        if let recipe = record.recipe { members["recipe"] = .string(recipe.description) }
        if let finishedAt = record.finishedAt {
            members["finished"] = .string(Timestamp(seconds: finishedAt).description)
        }
        return .object(members)
    }
}

/// Runs side by side: the parameters that differ, and the last value of each metric.
struct RunComparison {
    private let runs: [RunReport]

    init(_ runs: [RunReport]) { self.runs = runs }

    private var parameters: [(name: String, values: [String?])] {
        let names = Set(runs.flatMap { ($0.record.parameters.object ?? [:]).keys }).sorted()
        return names.map { name in
            (name, runs.map { $0.record.parameters[name]?.string })
        }.filter { Set($0.values).count > 1 }
    }

    private var metrics: [(name: String, values: [Double?])] {
        Set(runs.flatMap(\.curves.names)).sorted().map { name in
            (name, runs.map { $0.curves.last(name) })
        }
    }

    var text: String {
        var table = TextTable([""] + runs.map(\.record.id.description))
        for (name, values) in parameters { table.add([name] + values.map { $0 ?? "" }) }
        if runs.contains(where: { $0.trainedBy != nil }) {
            table.add(["trained by"] + runs.map(\.trainer))
        }
        for (name, values) in metrics {
            table.add([name] + values.map { $0.map { "\($0)" } ?? "" })
        }
        return table.text
    }

    var json: JSONValue {
        func byRun(_ values: [JSONValue?]) -> JSONValue {
            var members: [String: JSONValue] = [:]
            for (run, value) in zip(runs, values) {
                members[run.record.id.description] = value
            }
            return .object(members)
        }
        func section<Value>(
            _ rows: [(name: String, values: [Value?])],
            _ json: (Value) -> JSONValue
        ) -> JSONValue {
            var members: [String: JSONValue] = [:]
            for (name, values) in rows { members[name] = byRun(values.map { $0.map(json) }) }
            return .object(members)
        }
        return [
            "runs": .array(runs.map { .string($0.record.id.description) }),
            "parameters": section(parameters) { .string($0) },
            "metrics": section(metrics) { .number($0) },
            "trained_by": byRun(
                runs.map { run in run.trainedBy.map { .string($0.description) } }
            ),
        ]
    }
}
