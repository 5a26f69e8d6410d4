// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// An open blob, read from any place; the server's way to bytes that do not fit into memory.
package final class BlobReader: Sendable {
    /// What changes when the file behind a blob is another one or was written to.
    package struct Stamp: Sendable, Hashable {
        fileprivate let device: UInt
        fileprivate let inode: UInt
        fileprivate let modified: [Int]
    }

    package let digest: Digest
    package let byteCount: Int
    package let stamp: Stamp
    private let handle: FileHandle

    /// - Throws: `StoreError` when the store lacks the blob.
    package init(_ digest: Digest, of store: BlobStore) throws {
        self.digest = digest
        handle = try store.open(digest)
        let status = try handle.status()
        byteCount = status.byteCount
        stamp = Stamp(device: status.device, inode: status.inode, modified: status.modified)
    }

    /// Exactly `count` bytes, not checked; nil when the blob is shorter.
    package func read(_ count: Int, at offset: Int) throws -> [UInt8]? {
        try handle.read(count, at: offset)
    }

    /// Whether the bytes have the digest of the name: reads them all.
    package func isWhole() throws -> Bool {
        let hasher = SHA256Hasher()
        var offset = 0
        while offset < byteCount {
            let count = min(1 << 20, byteCount - offset)
            guard let bytes = try read(count, at: offset) else { return false }
            hasher.update(bytes)
            offset += count
        }
        return hasher.finish() == digest
    }

    /// A descriptor of the open file for `sendfile`; the caller must close it.
    package func duplicateDescriptor() throws -> Int32 { try handle.duplicate() }
}
