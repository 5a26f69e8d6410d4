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
    package func namedDigests() throws -> NamedDigests {
        try read { db in
            var named = NamedDigests()
            let digests = { (sql: String) in try Digest.fetchSet(db, sql: sql) }
            named.versions = try digests("SELECT digest FROM version WHERE removedIndex IS NULL")
            named.removed = try digests(
                "SELECT digest FROM version WHERE removedIndex IS NOT NULL"
            ).subtracting(named.versions)
            named.linkedManifests = try digests("SELECT digest FROM manifestLink")
            named.linkedBlobs = try digests("SELECT digest FROM blobLink")
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
    /// them, and uploads that no manifest named for so many seconds.
    package func pruneLinks(uploadSeconds: Int) throws {
        try write { db in
            let removed = """
                SELECT 1 FROM version WHERE version.repository = manifestLink.repository
                    AND removedIndex IS NOT NULL
                """
            try db.execute(
                sql: """
                    DELETE FROM manifestLink WHERE EXISTS (
                        \(removed) AND version.digest = manifestLink.digest
                    ) OR subject IS NOT NULL AND EXISTS (
                        \(removed) AND 'sha256:' || lower(hex(version.digest)) = subject)
                    """
            )
            try db.execute(
                sql: """
                    DELETE FROM blobLink WHERE length(manifest) > 0 AND NOT EXISTS (
                        SELECT 1 FROM manifestLink WHERE repository = blobLink.repository
                            AND digest = blobLink.manifest)
                    """
            )
            try db.execute(
                sql: """
                    DELETE FROM blobLink
                    WHERE length(manifest) = 0 AND linkedAt <= unixepoch() - ?
                    """,
                arguments: [uploadSeconds]
            )
        }
    }
}
