// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotFiles
internal import IngotStore

extension Catalog {
    /// Brings `log/` and `index.json` up to date with what is committed.
    ///
    /// One process at a time writes them, from the newest committed state, so that they never go
    /// back.
    func project() throws {
        guard let head = try read(LogQueries.head) else { return }
        let log = LogFiles(directory: layout.log)
        if try log.checkpoint() == head.note { return }
        try StoreFiles.withLock(on: layout.lock) {
            try read { db in
                // Another process may have gone further meanwhile.
                guard let head = try LogQueries.head(db) else { return }
                let written = try projectedSize(db, log.checkpoint())
                try log.write(from: written, to: head.head.size, db)
                try Files.replace(layout.index, with: try index(db).canonicalBytes)
                // Last: it says that all the rest is there.
                try log.writeCheckpoint(head.note)
            }
        }
    }

    /// The size of the log that the tiles cover.
    private func projectedSize(_ db: Database, _ note: String?) throws -> Int {
        guard let note else { return 0 }
        return try Int.fetchOne(
            db,
            sql: "SELECT size FROM logHead WHERE note = ? ORDER BY size DESC LIMIT 1",
            arguments: [note]
        ) ?? 0
    }

    /// The OCI image index of all tags.
    ///
    /// A version whose manifest is not there is left out.
    private func index(_ db: Database) throws -> JSONValue {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT repository, 'v' || number AS tag, digest, kind FROM version
                WHERE removedIndex IS NULL
                UNION ALL
                SELECT move.repository, move.tag, move.digest, version.kind
                FROM tagMove AS move
                JOIN version ON version.repository = move.repository
                    AND version.digest = move.digest
                WHERE move.counter = (
                    SELECT max(counter) FROM tagMove
                    WHERE repository = move.repository AND tag = move.tag)
                ORDER BY repository, tag
                """
        )
        var manifests: [JSONValue] = []
        for row in rows {
            let digest: Digest = row["digest"]
            guard case .file(let byteCount, _)? = try Files.entry(at: layout.blob(digest)) else {
                continue
            }
            let repository: String = row["repository"]
            let tag: String = row["tag"]
            let descriptor = Descriptor(
                mediaType: .imageManifest,
                digest: digest,
                byteCount: byteCount,
                annotations: ["org.opencontainers.image.ref.name": "\(repository):\(tag)"],
                artifactType: Kind(rawValue: row["kind"])?.artifactType
            )
            manifests.append(descriptor.json)
        }
        return [
            "schemaVersion": 2, "mediaType": .string(MediaType.imageIndex.text),
            "manifests": .array(manifests),
        ]
    }
}
