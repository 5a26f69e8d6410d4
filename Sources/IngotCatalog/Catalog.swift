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
package final class Catalog: Sendable {
    package let layout: StoreLayout
    let database: DatabasePool

    /// How long a transaction waits for another process.
    private static let busySeconds = 30.0

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
        guard try isNew || StoreFiles.exists(path) else {
            throw CatalogError(.notFound, "\(path): no catalog: make a store with `ingot init`")
        }
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.busySeconds)
        configuration.foreignKeysEnabled = true
        do {
            database = try DatabasePool(path: path, configuration: configuration)
            try database.writeWithoutTransaction { db in
                // GRDB chooses NORMAL for WAL, which loses the last commits with the power.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            let migrator = Schema.migrator
            guard try database.read({ try !migrator.hasBeenSuperseded($0) }) else {
                throw CatalogError(.unusable, "\(path): made by a newer Ingot: update this program")
            }
            try migrator.migrate(database)
        } catch { throw CatalogError.database(error, at: path) }
        if isNew { try StoreFiles.syncDirectory(root) }
        do {
            try project()
        } catch is FileError {
            // A full or read-only disk must not keep anybody from reading: the projections are
            // copies, and the next opening tries again.
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
        do { return try database.write(body) } catch {
            throw CatalogError.database(error, at: layout.catalog)
        }
    }
}
