// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotFiles

/// How blobs leave a store: first out of `blobs/` into `condemned/`, where readers still find them
/// and nobody new relies on them; removed when all who saw them before are done. Invariants:
///
/// (1) A blob that is needed after all returns by rename: at no moment can it not be read.
/// (2) A manifest leaves before what it names, and returns after it.
/// (3) `condemned/` belongs to whoever holds `gc.lock`; what a killed collection left there is put
///     back by the next process that opens the store.
extension BlobStore {
    /// Takes a lease: see `Lease`.
    ///
    /// Nil for whoever may not write to the store: what they read may be collected.
    package func lease() throws -> Lease? {
        do {
            return try Lease(in: layout.leases)
        } catch let error as FileError where error.isReadOnly { return nil }
    }

    /// The blobs that a collection took out.
    func condemned() throws -> [Digest] {
        guard try Files.entry(at: layout.condemned) != nil else { return [] }
        return try Files.names(in: layout.condemned).compactMap { Digest(hex: $0) }
    }

    func condemn(_ digest: Digest) throws {
        try FileHandle.move(path(of: digest), to: layout.condemned(digest))
    }

    /// Where somebody wrote the blob anew meanwhile, that copy stays: this one may be damaged.
    private func restore(_ digest: Digest) throws {
        if keeps(digest) { return try removeCondemned(digest) }
        try FileHandle.move(layout.condemned(digest), to: path(of: digest))
    }

    func removeCondemned(_ digest: Digest) throws {
        try FileHandle.unlink(layout.condemned(digest))
    }

    /// Puts back what a collection left that was killed.
    func restoreAbandoned() throws {
        guard try !condemned().isEmpty, let lock = try FileLock(at: layout.collectionLock) else {
            return
        }
        // Looked at again: a collection may have ended between the look and the lock.
        try withExtendedLifetime(lock) { try restoreCondemned() }
    }

    /// Puts back all that is condemned; for whoever holds `gc.lock`.
    func restoreCondemned() throws {
        let abandoned = try condemned().map { ($0, try isDocument($0)) }
        guard !abandoned.isEmpty else { return }
        try restore((abandoned.filter { !$0.1 } + abandoned.filter(\.1)).map(\.0))
    }

    /// Puts blobs back for good.
    func restore(_ digests: [Digest]) throws {
        for digest in digests { try restore(digest) }
        try FileHandle.syncDirectory(layout.blobs)
    }

    /// Whether it begins like JSON, so that it may be a manifest.
    func isDocument(_ digest: Digest) throws -> Bool {
        try open(digest).read(1, at: 0) == [UInt8(ascii: "{")]
    }
}
