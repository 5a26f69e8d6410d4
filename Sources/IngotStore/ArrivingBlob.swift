// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import Synchronization

/// A blob that comes from elsewhere piece by piece, and is taken in only when its bytes have the
/// digest that was announced.
///
/// Without `commit` nothing stays behind. Pieces must come in order, from one thread at a time.
package final class ArrivingBlob: Sendable {
    private let store: BlobStore
    private let digest: Digest
    private let byteCount: Int
    private let lock = Mutex<Void>(())
    /// Used under the lock alone.
    nonisolated(unsafe) private var writer: BlobWriter?

    init(store: BlobStore, digest: Digest, byteCount: Int) throws {
        self.store = store
        self.digest = digest
        self.byteCount = byteCount
        unsafe writer = try store.writer()
    }

    /// - Throws: `StoreError` when more bytes come than were announced.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        try lock.withLock { _ in
            guard let writer = unsafe writer, writer.byteCount + bytes.count <= byteCount else {
                throw StoreError("blob \(digest): more than the \(byteCount) bytes announced came")
            }
            try unsafe writer.write(bytes)
        }
    }

    /// Makes the blob durable and visible.
    ///
    /// - Throws: `StoreError` when the bytes are not those of the digest: then they are gone.
    package func commit() throws {
        try lock.withLock { _ in
            guard let finished = unsafe writer else { return }
            unsafe writer = nil
            let batch = store.batch()
            // What is here under the name may be damaged.
            let came = try batch.add(finished, replacing: true)
            guard came == (digest, byteCount) else {
                // Not committed: the batch takes the bytes with it.
                throw StoreError(
                    "blob \(digest): what came has \(came.byteCount) bytes and the digest "
                        + "\(came.digest): it is not taken in"
                )
            }
            try batch.commit()
        }
    }
}

extension BlobStore {
    /// Begins to take in a blob from elsewhere; one that is here but damaged is replaced.
    package func arriving(_ digest: Digest, byteCount: Int) throws -> ArrivingBlob {
        try ArrivingBlob(store: self, digest: digest, byteCount: byteCount)
    }

    /// A part of a blob, as it is on disk.
    ///
    /// Whoever receives it checks the whole against the digest.
    package func read(_ digest: Digest, bytes range: Range<Int>) throws -> [UInt8] {
        guard let bytes = try open(digest).read(range.count, at: range.lowerBound) else {
            throw damaged(digest)
        }
        return bytes
    }
}
