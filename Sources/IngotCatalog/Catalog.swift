// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotFiles
package import IngotStore

/// Owns `catalog.sqlite`: what a store's bytes are called, and the log of how it came to that.
///
/// Invariants:
///
/// (1) State changes by `append` alone: checks, changes, log entry, tree hashes and signed head are
///     one transaction, so that none exists without the others.
/// (2) The database runs in WAL mode with `synchronous = FULL`: what was committed survives a
///     crash.
/// (3) Tiles and `index.json` are written after the commit, and completed when the catalog is
///     opened.
/// (4) Where the file cannot be written, reading goes on and each write says why it is refused.
package final class Catalog: Sendable {
    package let layout: StoreLayout
    let database: DatabasePool
    /// Why nothing can be written; nil where it can.
    private let writeRefusal: CatalogError?

    /// Makes the catalog of a store; an existing one is opened.
    ///
    /// The root is the store's directory, as for `BlobStore`.
    package static func create(at root: String) throws -> Catalog {
        try Catalog(root: root, isNew: true)
    }

    /// Opens the catalog of a store and completes its projections.
    ///
    /// The root is the store's directory, as for `BlobStore`.
    package convenience init(opening root: String) throws {
        try self.init(root: root, isNew: false)
    }

    private init(root: String, isNew: Bool) throws {
        layout = StoreLayout(root: root)
        let path = layout.catalog
        try Self.check(path, isNew: isNew)
        (database, writeRefusal) = try Self.open(path, isNew: isNew)
        if isNew { try StoreFiles.syncDirectory(root) }
        guard writeRefusal == nil else { return }
        do {
            try project()
        } catch is FileError {
            // A full disk must not keep anybody from reading: the projections are copies, and the
            // next opening tries again.
        }
    }

    /// Where the chunks of the packs lie.
    package var chunkIndex: any ChunkIndex { CatalogChunkIndex(catalog: self) }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try database.read(body) } catch {
            throw CatalogError.database(error, at: layout.catalog)
        }
    }

    /// One immediate transaction.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        if let writeRefusal { throw writeRefusal }
        do { return try database.write(body) } catch {
            throw CatalogError.database(error, at: layout.catalog)
        }
    }
}
