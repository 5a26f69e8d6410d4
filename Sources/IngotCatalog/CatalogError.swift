// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotStore

/// Something wrong with a catalog, or with what was asked of it.
package struct CatalogError: IngotError {
    package enum Code: Sendable {
        /// The name, number or index does not exist.
        case notFound
        /// Somebody changed it meanwhile: look again, then try again.
        case conflict
        /// The rules forbid it, now and later.
        case refused
        /// The catalog itself is damaged, locked for too long or made by another program.
        case unusable
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Says in one line what SQLite refused.
    static func database(_ error: any Error, at path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let code = error.resultCode
        // Where SQLite cannot make its file of shared memory, it does not tell that it is for room.
        let isFull =
            [.SQLITE_IOERR, .SQLITE_CANTOPEN].contains(code) && StoreFiles.isFull(path)
        let remedy =
            switch isFull ? .SQLITE_FULL : code {
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                "another process holds it: try again when it is done"
            case .SQLITE_FULL: "the disk is full: free some space and run the command again"
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                "the file is damaged: restore it from a copy, or pull into a new store"
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
                "it cannot be opened for writing: check its owner and mode, and how its disk is mounted"
            default: "run `ingot fsck`"
            }
        return CatalogError(
            .unusable,
            "\(path): \(error.message ?? "SQLite error \(error.resultCode)"): \(remedy)"
        )
    }
}
