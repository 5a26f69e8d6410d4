// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import IngotCore
internal import IngotCrypto

/// The log's rows, inside a transaction.
enum LogQueries {
    static func tree(of size: Int) -> MerkleTree { MerkleTree(size: size, hash: .sha256) }

    /// The number of entries.
    static func size(_ db: Database) throws -> Int {
        // Entries are never removed, so the last index says it without a scan.
        try Int.fetchOne(db, sql: "SELECT max(idx) + 1 FROM logEntry") ?? 0
    }

    static func node(_ node: MerkleNode, _ db: Database) throws -> Digest {
        let hash = try Digest.fetchOne(
            db,
            sql: "SELECT hash FROM logNode WHERE level = ? AND idx = ?",
            arguments: [node.level, node.index]
        )
        guard let hash else {
            throw CatalogError(
                .unusable,
                "log: the tree hash of level \(node.level), place \(node.index) is missing"
            )
        }
        return hash
    }

    /// Adds an entry and the tree hashes that it completes.
    static func append(_ entry: [UInt8], at index: Int, _ db: Database) throws -> TreeHead {
        guard entry.count <= LogEntry.byteLimit else {
            throw CatalogError(
                .refused,
                "log entry: \(entry.count) bytes exceed the limit of \(LogEntry.byteLimit)"
            )
        }
        try db.execute(
            sql: "INSERT INTO logEntry (idx, text) VALUES (?, ?)",
            arguments: [index, Data(entry)]
        )
        let nodes = try tree(of: index).nodes(appending: MerkleHash.sha256.leaf(entry)) {
            try node($0, db)
        }
        for (node, hash) in nodes {
            try db.execute(
                sql: "INSERT INTO logNode (level, idx, hash) VALUES (?, ?, ?)",
                arguments: [node.level, node.index, hash]
            )
        }
        let root = try tree(of: index + 1).root { try node($0, db) }
        return TreeHead(size: index + 1, root: root)
    }

    static func entry(_ index: Int, _ db: Database) throws -> [UInt8]? {
        try Data.fetchOne(
            db,
            sql: "SELECT text FROM logEntry WHERE idx = ?",
            arguments: [index]
        ).map { Array($0) }
    }

    /// The newest signed head.
    static func head(_ db: Database) throws -> (head: TreeHead, note: String)? {
        try Row.fetchOne(db, sql: "SELECT size, root, note FROM logHead ORDER BY size DESC LIMIT 1")
            .map { (TreeHead(size: $0["size"], root: $0["root"]), $0["note"]) }
    }
}
