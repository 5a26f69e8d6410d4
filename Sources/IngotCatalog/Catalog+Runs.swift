// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import IngotCore
internal import IngotStore

/// A run's number in its catalog; text form `r12`.
package struct RunID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64

    package init(number: Int64) { self.number = number }

    /// Parses `r12` or `12`.
    package init(parsing text: String) throws {
        let digits = text.utf8.first == UInt8(ascii: "r") ? text.dropFirst() : text[...]
        guard let number = Int64(digits), number > 0 else {
            throw CatalogError(.notFound, "run '\(text)': expected a number such as r12")
        }
        self.number = number
    }

    package var description: String { "r\(number)" }

    package static func < (left: RunID, right: RunID) -> Bool { left.number < right.number }
}

/// What became of a run.
package enum RunState: String, Sendable {
    case running, succeeded, failed
    /// It never said how it ended: its process was killed, or the machine went down.
    case interrupted
}

/// One execution of a recipe.
package struct RunRecord: Sendable, Hashable {
    package let id: RunID
    package let name: String
    /// The recipe's digest.
    package let recipe: Digest?
    package let parameters: JSONValue
    package let environment: JSONValue
    package let state: RunState
    /// Seconds since 1970, UTC.
    package let startedAt: Int64
    package let finishedAt: Int64?
    package let outputs: JSONValue
}

/// A value of a metric at a step.
package struct MetricRecord: Sendable, Hashable {
    package let name: String
    package let step: Int
    package let value: Double
}

extension Catalog {
    /// Begins a run; it counts as interrupted when the lock goes before `finish`.
    package func beginRun(
        name: String,
        recipe: Digest? = nil,
        parameters: JSONValue = [:],
        environment: JSONValue = [:],
        startedAt: Int64
    ) throws -> RunLock {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO run
                        (name, recipe, parameters, environment, state, startedAt, outputs)
                    VALUES (?, ?, ?, ?, 'running', ?, '{}')
                    """,
                arguments: [
                    name, recipe, parameters.canonicalText, environment.canonicalText, startedAt,
                ]
            )
            // Before the commit, so that nobody ever sees the run without its lock.
            return try RunLock(RunID(number: db.lastInsertedRowID), in: layout)
        }
    }

    /// Records a step's metrics; recorded again after a resume, they replace the earlier ones.
    package func append(metrics: [String: Double], step: Int, to run: RunID) throws {
        try write { db in
            for (name, value) in metrics.sorted(by: {
                $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            }) {
                // SQLite has no NaN: it becomes NULL.
                try db.execute(
                    sql:
                        "INSERT OR REPLACE INTO metric (run, name, step, value) VALUES (?, ?, ?, ?)",
                    arguments: [run.number, name, step, value]
                )
            }
        }
    }

    /// Ends a run.
    ///
    /// - Throws: `CatalogError` when it does not exist or has ended before.
    package func finish(
        _ run: RunID,
        state: RunState,
        outputs: JSONValue = [:],
        at time: Int64
    ) throws {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE run SET state = ?, outputs = ?, finishedAt = ?
                    WHERE id = ? AND state = 'running'
                    """,
                arguments: [state.rawValue, outputs.canonicalText, time, run.number]
            )
            guard db.changesCount == 1 else {
                throw CatalogError(.notFound, "run \(run): no such run, or it has ended already")
            }
        }
    }

    /// All runs, the newest first.
    package func runs() throws -> [RunRecord] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM run ORDER BY id DESC").map {
                try RunRecord(row: $0, layout: layout)
            }
        }
    }

    package func run(_ id: RunID) throws -> RunRecord {
        let record = try read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM run WHERE id = ?", arguments: [id.number])
                .map { try RunRecord(row: $0, layout: layout) }
        }
        guard let record else { throw CatalogError(.notFound, "run \(id): there is none") }
        return record
    }

    /// A run's metrics, by name, then step.
    package func metrics(of run: RunID) throws -> [MetricRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM metric WHERE run = ? ORDER BY name, step",
                arguments: [run.number]
            ).map {
                MetricRecord(
                    name: $0["name"],
                    step: $0["step"],
                    value: ($0["value"] as Double?) ?? .nan
                )
            }
        }
    }

    /// The result of a step that ran before with the same inputs, recipe part and program.
    package func cachedStep(key: Digest) throws -> JSONValue? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: "SELECT result FROM cachedStep WHERE key = ?",
                arguments: [key]
            ).map { try $0.json("result") }
        }
    }

    package func rememberStep(key: Digest, result: JSONValue) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO cachedStep (key, result) VALUES (?, ?)",
                arguments: [key, result.canonicalText]
            )
        }
    }
}

extension RunRecord {
    fileprivate init(row: Row, layout: StoreLayout) throws {
        let id = RunID(number: row["id"])
        let state: String = row["state"]
        guard let known = RunState(rawValue: state) else {
            throw CatalogError(.unusable, "catalog: a run in the unknown state '\(state)'")
        }
        let isAbandoned = known == .running && !RunLock.isHeld(id, in: layout)
        self.init(
            id: id,
            name: row["name"],
            recipe: row["recipe"],
            parameters: try row.json("parameters"),
            environment: try row.json("environment"),
            state: isAbandoned ? .interrupted : known,
            startedAt: row["startedAt"],
            finishedAt: row["finishedAt"],
            outputs: try row.json("outputs")
        )
    }
}
