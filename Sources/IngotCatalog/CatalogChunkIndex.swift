// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotStore

/// The chunk index on the catalog's tables.
struct CatalogChunkIndex: ChunkIndex {
    let catalog: Catalog

    func locations(of chunks: [Digest]) throws -> [Digest: ChunkLocation] {
        guard !chunks.isEmpty else { return [:] }
        return try catalog.read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT pack.digest, offset, storedByteCount, byteCount, encoding
                    FROM chunk JOIN pack ON pack.id = chunk.pack WHERE chunk.digest = ?
                    """
            )
            var found = [Digest: ChunkLocation](minimumCapacity: chunks.count)
            for chunk in chunks {
                guard let row = try Row.fetchOne(statement, arguments: [chunk]) else { continue }
                guard let encoding = ChunkEncoding(rawValue: row[4]) else {
                    throw CatalogError(
                        .unusable,
                        "chunk \(chunk): its encoding is not known to this program"
                    )
                }
                found[chunk] = ChunkLocation(
                    pack: row[0],
                    offset: row[1],
                    storedByteCount: row[2],
                    byteCount: row[3],
                    encoding: encoding
                )
            }
            return found
        }
    }

    func add(_ directory: PackDirectory, of pack: Digest) throws {
        try catalog.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO pack (digest) VALUES (?)",
                arguments: [pack]
            )
            let id = try Int64.fetchOne(
                db,
                sql: "SELECT id FROM pack WHERE digest = ?",
                arguments: [pack]
            )
            let statement = try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO chunk
                        (digest, pack, offset, storedByteCount, byteCount, encoding)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            )
            for entry in directory.entries {
                try statement.execute(arguments: [
                    entry.chunk, id, entry.offset, entry.storedByteCount, entry.byteCount,
                    entry.encoding.rawValue,
                ])
            }
        }
    }

    func packs() throws -> [Digest] {
        try catalog.read { db in
            try Digest.fetchAll(
                db,
                sql: """
                    SELECT digest FROM pack WHERE id IN (SELECT pack FROM chunk) ORDER BY digest
                    """
            )
        }
    }

    func remove(packs: [Digest]) throws {
        guard !packs.isEmpty else { return }
        try catalog.write { db in
            let ids = try packs.compactMap {
                try Int64.fetchOne(db, sql: "SELECT id FROM pack WHERE digest = ?", arguments: [$0])
            }
            // All in one statement: each is a scan of the table.
            let list = ids.map(String.init).joined(separator: ",")
            try db.execute(sql: "DELETE FROM chunk WHERE pack IN (\(list))")
            try db.execute(sql: "DELETE FROM pack WHERE id IN (\(list))")
        }
    }
}
