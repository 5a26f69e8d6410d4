// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// Blobs that become visible together: each is written and synced, then all are renamed in the
/// order they were added, then the directory is synced once.
///
/// Without `commit` nothing stays behind. After a crash in the middle of `commit` a prefix of the
/// blobs exists, each whole: nothing names them yet, and adding them again completes the rest.
package final class BlobBatch {
    private let store: BlobStore
    private var staged: [StagedBlob] = []
    private var known = Set<Digest>()
    /// Bytes of the blobs that were not there before.
    package private(set) var newByteCount = 0

    init(store: BlobStore) { self.store = store }

    deinit { for blob in staged { StagedBlob.discard(blob.path) } }

    package func add(_ bytes: [UInt8]) throws -> Digest {
        let digest = Digest.of(bytes)
        if try hasWhole(digest, byteCount: bytes.count) { return digest }
        let writer = try store.writer()
        try writer.write(bytes)
        try add(writer)
        return digest
    }

    package func addFile(at path: String) throws -> (digest: Digest, byteCount: Int) {
        let source = try FileHandle.reading(path)
        let before = try source.status()
        guard before.isRegular else { throw StoreError("\(path): not a regular file") }
        let writer = try store.writer()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe source.fill($0) }
            if count == 0 { break }
            try unsafe buffer.withUnsafeBytes {
                // Safe: `fill` filled `count` bytes of the buffer.
                try unsafe writer.write(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
        guard try source.status() == before, writer.byteCount == before.byteCount else {
            throw StoreError.changedWhileRead(path)
        }
        return try add(writer)
    }

    /// Takes a finished writer's blob.
    ///
    /// By `replacing`, a blob of that name is replaced whatever its bytes are, since the new ones
    /// are known to be right: so a second push repairs a damaged blob.
    @discardableResult
    package func add(
        _ writer: BlobWriter,
        replacing: Bool = false
    ) throws -> (digest: Digest, byteCount: Int) {
        let blob = try writer.finish()
        if try !replacing && hasWhole(blob.digest, byteCount: blob.byteCount) {
            StagedBlob.discard(blob.path)
        } else {
            staged.append(blob)
            known.insert(blob.digest)
            newByteCount += blob.byteCount
        }
        return (blob.digest, blob.byteCount)
    }

    /// Makes the blobs durable and visible.
    package func commit() throws {
        guard !staged.isEmpty else { return }
        // Invariant (2): every file of the batch is synced by now.
        while let blob = staged.first {
            try FileHandle.move(blob.path, to: store.path(of: blob.digest))
            staged.removeFirst()
        }
        try FileHandle.syncDirectory(store.layout.blobs)
    }

    /// What is damaged will be replaced.
    private func hasWhole(_ digest: Digest, byteCount: Int) throws -> Bool {
        try known.contains(digest) || store.holds(digest, byteCount: byteCount)
    }
}

extension StoreError {
    static func changedWhileRead(_ path: String) -> StoreError {
        StoreError("\(path): changed while it was read: run the command again when it is at rest")
    }
}
