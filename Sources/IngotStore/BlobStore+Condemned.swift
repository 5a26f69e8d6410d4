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
    /// Nil on a disk that cannot be written to, where nobody collects either.
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

    /// A newer copy of it is the same bytes.
    private func restore(_ digest: Digest) throws {
        do {
            try FileHandle.move(layout.condemned(digest), to: path(of: digest))
        } catch let error as FileError where error.isMissing {
            // Somebody else put it back.
        }
    }

    func removeCondemned(_ digest: Digest) throws {
        try FileHandle.unlink(layout.condemned(digest))
    }

    /// Puts back what a collection left that was killed.
    func restoreAbandoned() throws {
        let abandoned = try condemned()
        guard !abandoned.isEmpty, let lock = try FileLock(at: layout.collectionLock) else { return }
        try withExtendedLifetime(lock) {
            try restore(abandoned.filter { try !isDocument($0) })
            try restore(abandoned)
        }
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
