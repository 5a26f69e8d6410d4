// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import IngotCore

/// What the catalog names, for whoever collects garbage.
package struct NamedDigests: Sendable {
    /// The versions of all repositories: their bytes must be there.
    package fileprivate(set) var versions = Set<Digest>()
    /// Manifests that belong to repositories of the registry: their bytes must be there.
    package fileprivate(set) var linkedManifests = Set<Digest>()
    /// Other blobs that do.
    package fileprivate(set) var linkedBlobs = Set<Digest>()
    /// What the log, runs and remembered steps name besides, without versions that were removed.
    package fileprivate(set) var mentioned = Set<Digest>()
    /// Versions that were removed everywhere.
    package fileprivate(set) var removed = Set<Digest>()
}

extension Catalog {
    /// All digests that the catalog names, in one consistent state.
    ///
    /// Stale links, where they are told apart, name nothing, whether they were unlinked or not.
    package func namedDigests(without stale: StaleLinks? = nil) throws -> NamedDigests {
        try read { db in
            var named = NamedDigests()
            let linked = { (table: String, condition: String) in
                guard let stale else {
                    return try Digest.fetchSet(db, sql: "SELECT digest FROM \(table)")
                }
                return try Digest.fetchSet(
                    db,
                    sql: "SELECT digest FROM \(table) WHERE NOT (\(condition))",
                    arguments: stale.arguments
                )
            }
            let digests = { (sql: String) in try Digest.fetchSet(db, sql: sql) }
            named.versions = try digests("SELECT digest FROM version WHERE removedIndex IS NULL")
            named.removed = try digests(
                "SELECT digest FROM version WHERE removedIndex IS NOT NULL"
            ).subtracting(named.versions)
            named.linkedManifests = try linked("manifestLink", StaleLinks.manifest)
            named.linkedBlobs = try linked("blobLink", StaleLinks.blob)
            let texts = """
                SELECT CAST(text AS TEXT) FROM logEntry UNION ALL SELECT outputs FROM run
                UNION ALL SELECT result FROM cachedStep
                """
            let cursor = try String.fetchCursor(db, sql: texts)
            while let text = try cursor.next() {
                named.mentioned.formUnion(Digest.all(in: text.utf8))
            }
            named.mentioned.formUnion(
                try digests("SELECT recipe FROM run WHERE recipe IS NOT NULL")
            )
            named.mentioned.subtract(named.removed)
            return named
        }
    }

    /// Unlinks what belongs to no repository any more: versions that were removed, what refers to
    /// them, and uploads that no manifest named.
    package func prune(_ stale: StaleLinks) throws {
        let tables = [("blobLink", StaleLinks.blob), ("manifestLink", StaleLinks.manifest)]
        // On a full disk, what has nothing to write needs no room.
        let isNeeded = try read { db in
            try tables.contains { table, condition in
                try Bool.fetchOne(
                    db,
                    sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE \(condition))",
                    arguments: stale.arguments
                ) ?? false
            }
        }
        guard isNeeded else { return }
        try write { db in
            for (table, condition) in tables {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE \(condition)",
                    arguments: stale.arguments
                )
            }
        }
    }
}
