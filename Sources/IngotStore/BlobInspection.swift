// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// What reading all bytes of a blob shows; made on any thread.
struct BlobInspection: Sendable {
    /// Nil for a blob that is whole.
    private(set) var problem: String?
    private(set) var byteCount = 0
    /// Whether it is the manifest of a version with files.
    private(set) var isVersion = false

    init(of digest: Digest, in store: Store, _ chunks: ChunkReader) {
        do {
            let handle = try store.blobs.open(digest)
            let first = try read(handle, digest)
            guard problem == nil else { return }
            try checkPack(digest, store, chunks)
            if first == UInt8(ascii: "{"), byteCount <= Manifest.byteLimit {
                isVersion = Self.isVersion(try store.blobs.read(digest, limit: byteCount))
            }
        } catch { problem = "\(error)" }
    }

    /// Hashes the blob and returns its first byte.
    private mutating func read(_ handle: FileHandle, _ digest: Digest) throws -> UInt8? {
        let hasher = SHA256Hasher()
        var first: UInt8?
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe handle.fill($0) }
            if count == 0 { break }
            if first == nil { first = buffer[0] }
            byteCount += count
            unsafe buffer.withUnsafeBytes {
                // Safe: `fill` filled `count` bytes of the buffer.
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
        if hasher.finish() != digest { problem = "its bytes have another digest" }
        return first
    }

    /// A pack with the right digest was written wrong when a chunk in it is not what it says.
    private func checkPack(_ digest: Digest, _ store: Store, _ chunks: ChunkReader) throws {
        guard let directory = try store.packDirectory(of: digest) else { return }
        for entry in directory.entries {
            let reference = ChunkReference(digest: entry.chunk, byteCount: entry.byteCount)
            _ = try chunks.read(reference, at: entry.location(in: digest))
        }
    }

    private static func isVersion(_ bytes: [UInt8]) -> Bool {
        // Any blob may start with a brace; only what parses as a manifest is one.
        do {
            return try Manifest(parsing: bytes).layers.first?.mediaType == .tree
        } catch { return false }
    }
}
