// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotFiles
internal import IngotStore

extension Catalog {
    /// How long a transaction waits for another process.
    private static let busySeconds = 30.0

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busySeconds)
        configuration.foreignKeysEnabled = true
        return configuration
    }

    /// Refuses what SQLite would follow, or begin anew in silence.
    static func check(_ path: String, isNew: Bool) throws {
        switch try Files.entry(at: path) {
        case nil where isNew: break
        case nil:
            throw CatalogError(
                .notFound,
                "\(path): no catalog: restore it from a copy, or make a store with `ingot init` where "
                    + "there was none"
            )
        case .file(let byteCount, _):
            guard byteCount > 0 || isNew else {
                throw CatalogError(
                    .unusable,
                    "\(path): empty: restore it from a copy, or run `ingot init` where the store was "
                        + "never finished"
                )
            }
        default:
            throw CatalogError(
                .unusable,
                "\(path): not a plain file: move the catalog itself here, or restore it from a copy"
            )
        }
    }

    /// Opens the database for writing, or for reading alone where it cannot be written.
    ///
    /// - Returns: the database, and why nothing can be written where that is so.
    static func open(
        _ path: String,
        isNew: Bool
    ) throws -> (database: DatabasePool, refusal: CatalogError?) {
        do {
            return (try openForWriting(path), nil)
        } catch {
            let refusal = CatalogError.database(error, at: path)
            guard !isNew, let error = error as? DatabaseError, error.mayAllowReading,
                let refusal = refusal as? CatalogError,
                let database = try openForReading(path)
            else { throw refusal }
            return (database, refusal)
        }
    }

    private static func openForWriting(_ path: String) throws -> DatabasePool {
        let database = try DatabasePool(path: path, configuration: configuration)
        try database.writeWithoutTransaction { db in
            // GRDB chooses NORMAL for WAL, which loses the last commits with the power.
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        let migrator = Schema.migrator
        guard try database.read({ try !migrator.hasBeenSuperseded($0) }) else {
            throw CatalogError(.unusable, "\(path): made by a newer Ingot: update this program")
        }
        try migrator.migrate(database)
        return database
    }

    /// Nil where reading needs writing too, as it does while commits lie beside the database that
    /// nobody has open.
    private static func openForReading(_ path: String) throws -> DatabasePool? {
        // Beside a process that writes, its files are used.
        if let database = try openForReading(at: path) { return database }
        // Without commits in a WAL, SQLite can do without files of its own.
        if case .file(let byteCount, _)? = try Files.entry(at: "\(path)-wal"), byteCount > 0 {
            return nil
        }
        return try openForReading(
            at: "file:\(PercentEncoding.encode(path, keeping: "/"))?immutable=1"
        )
    }

    private static func openForReading(at place: String) throws -> DatabasePool? {
        var configuration = configuration
        configuration.readonly = true
        do {
            let database = try DatabasePool(path: place, configuration: configuration)
            let migrator = Schema.migrator
            let isCurrent = try database.read { db in
                try migrator.hasCompletedMigrations(db) && !migrator.hasBeenSuperseded(db)
            }
            return isCurrent ? database : nil
        } catch is DatabaseError { return nil }
    }
}

extension DatabaseError {
    /// Whether the fault may lie in what SQLite writes beside the database, not in the database.
    fileprivate var mayAllowReading: Bool {
        [.SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_IOERR, .SQLITE_FULL]
            .contains(resultCode)
    }
}
