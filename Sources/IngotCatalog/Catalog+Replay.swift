// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotCrypto

/// A place where the catalog's tables are not what its log says.
package struct ReplayDifference: Sendable, Hashable, CustomStringConvertible {
    /// The table, such as `tagMove`, `logNode` or `logHead`.
    package let table: String
    package let problem: String

    package var description: String { "\(table): \(problem)" }
}

extension Catalog {
    /// Folds all entries of the log into empty tables and compares them with those of the catalog;
    /// the tree hashes and the roots of the signed heads are recomputed as well.
    ///
    /// Empty when all is well. Signatures are not looked at: whoever holds the keys does that.
    package func replay() throws -> [ReplayDifference] {
        do {
            let fresh = try DatabaseQueue()
            try Schema.migrator.migrate(fresh)
            return try database.read { db in
                try fresh.write { copy in
                    var differences = try Self.integrity(of: db)
                    if let fault = try Self.refold(db, into: copy) { differences.append(fault) }
                    for (table, order) in Schema.folded {
                        try differences += Self.compare(table, order, db, copy)
                    }
                    try differences += Self.compare("logNode", "level, idx", db, copy)
                    try differences += Self.compareHeads(db, copy)
                    return differences
                }
            }
        } catch { throw CatalogError.database(error, at: layout.catalog) }
    }

    /// What SQLite finds wrong with its own file and with the rows' constraints.
    private static func integrity(of db: Database) throws -> [ReplayDifference] {
        let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)")
        return faults.filter { $0 != "ok" }.map {
            ReplayDifference(table: "catalog.sqlite", problem: $0)
        }
    }

    /// Appends each entry's text as it is; stops at the first that is not an entry or cannot
    /// follow.
    private static func refold(_ db: Database, into copy: Database) throws -> ReplayDifference? {
        let size = try LogQueries.size(db)
        for index in 0..<size {
            guard let bytes = try LogQueries.entry(index, db) else {
                return ReplayDifference(table: "logEntry", problem: "entry \(index) is missing")
            }
            do {
                let entry = try LogEntry(parsing: bytes)
                let fold = Fold(db: copy, act: entry.act, time: entry.time, index: index)
                for (position, change) in entry.changes.enumerated() {
                    let applied = try fold.apply(change, position: position)
                    guard applied == change else {
                        throw CatalogError(.unusable, "change \(position) lacks its number")
                    }
                }
                _ = try LogQueries.append(bytes, at: index, copy)
            } catch let error as any IngotError {
                return ReplayDifference(
                    table: "logEntry",
                    problem: "entry \(index): \(error.message)"
                )
            }
        }
        return nil
    }

    private static func compare(
        _ table: String,
        _ order: String,
        _ db: Database,
        _ copy: Database
    ) throws -> [ReplayDifference] {
        let sql = "SELECT * FROM \(table) ORDER BY \(order)"
        let actual = try Row.fetchAll(db, sql: sql)
        let expected = try Row.fetchAll(copy, sql: sql)
        guard actual != expected else { return [] }
        let known = Set(expected)
        let found = Set(actual)
        return actual.filter { !known.contains($0) }.map {
            ReplayDifference(table: table, problem: "\(text(of: $0)) is not in the log")
        }
            + expected.filter { !found.contains($0) }.map {
                ReplayDifference(table: table, problem: "\(text(of: $0)) is missing")
            }
    }

    private static func text(of row: Row) -> String {
        row.map { name, value in
            let text = Digest.fromDatabaseValue(value).map(\.description) ?? "\(value)"
            return "\(name) \(text)"
        }.joined(separator: ", ")
    }

    /// Each signed head names the root of the tree of its size, and the newest covers all entries.
    private static func compareHeads(
        _ db: Database,
        _ copy: Database
    ) throws -> [ReplayDifference] {
        let size = try LogQueries.size(copy)
        var differences: [ReplayDifference] = []
        var newest = 0
        for row in try Row.fetchAll(db, sql: "SELECT size, root FROM logHead ORDER BY size") {
            newest = row["size"]
            guard newest <= size else { break }
            let root = try LogQueries.tree(of: newest).root { try LogQueries.node($0, copy) }
            if root != row["root"] {
                differences.append(
                    ReplayDifference(
                        table: "logHead",
                        problem: "the head of size \(newest) has another root"
                    )
                )
            }
        }
        if newest != size {
            differences.append(
                ReplayDifference(
                    table: "logHead",
                    problem: "the newest head covers \(newest) of \(size) entries"
                )
            )
        }
        return differences
    }
}
