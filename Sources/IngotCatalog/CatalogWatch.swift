// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotStore

/// Tells whether the catalog changed, whoever changed it, in a few microseconds.
///
/// SQLite's `data_version` of a connection changes with each commit of any other connection, and
/// this connection commits nothing.
package final class CatalogWatch: Sendable {
    private let queue: DatabaseQueue

    package init(_ catalog: Catalog) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .immediateError
        let path = catalog.layout.catalog
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch { throw CatalogError.database(error, at: path) }
    }

    /// Equal numbers mean an unchanged catalog; nil when SQLite cannot tell at once.
    package var version: Int64? {
        do {
            return try queue.inDatabase { db in
                try Int64.fetchOne(db.cachedStatement(sql: "PRAGMA data_version"))
            }
        } catch {
            // Whoever asks looks into the catalog then, and meets the fault there.
            return nil
        }
    }
}
