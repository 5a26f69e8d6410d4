// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import IngotCore

extension Catalog {
    /// The number of entries.
    package func logSize() throws -> Int { try read(LogQueries.size) }

    /// An entry's canonical text, which its leaf hash covers.
    package func logEntryBytes(_ index: Int) throws -> [UInt8] {
        guard let bytes = try read({ try LogQueries.entry(index, $0) }) else {
            throw CatalogError(
                .notFound,
                "log entry \(index): the log has \(try logSize()) entries"
            )
        }
        return bytes
    }

    package func logEntry(_ index: Int) throws -> LogEntry {
        try LogEntry(parsing: logEntryBytes(index))
    }

    /// The newest signed note; nil for a log without entries.
    package func signedHead() throws -> String? { try read { try LogQueries.head($0)?.note } }

    /// The signed note of an earlier size.
    package func signedHead(ofSize size: Int) throws -> String? {
        try read { db in
            try String.fetchOne(
                db,
                sql: "SELECT note FROM logHead WHERE size = ?",
                arguments: [size]
            )
        }
    }

    /// The audit path of an entry in the tree of the first `size` entries; of all without `size`.
    package func inclusionProof(of index: Int, size: Int? = nil) throws -> [Digest] {
        try read { db in
            let size = try Self.checked(size, db)
            return try LogQueries.tree(of: size).inclusionProof(of: index) {
                try LogQueries.node($0, db)
            }
        }
    }

    /// The proof that the log of `old` entries is a prefix of that of `new`; of all without `new`.
    package func consistencyProof(from old: Int, to new: Int? = nil) throws -> [Digest] {
        try read { db in
            let new = try Self.checked(new, db)
            return try LogQueries.tree(of: new).consistencyProof(from: old) {
                try LogQueries.node($0, db)
            }
        }
    }

    private static func checked(_ size: Int?, _ db: Database) throws -> Int {
        let all = try LogQueries.size(db)
        guard let size else { return all }
        guard (0...all).contains(size) else {
            throw CatalogError(.notFound, "log of \(size) entries: it has \(all)")
        }
        return size
    }
}
