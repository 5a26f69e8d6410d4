// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A pack that is made to be sent: some chunks of the store, as they are stored.
///
/// It lies in `incoming/` as long as the object lives, and is never one of the store's blobs.
package final class TemporaryPack: Sendable {
    package let digest: Digest
    package let byteCount: Int
    private let path: String
    private let handle: FileHandle

    init(_ blob: StagedBlob) throws {
        digest = blob.digest
        byteCount = blob.byteCount
        path = blob.path
        handle = try FileHandle.reading(blob.path)
    }

    deinit { StagedBlob.discard(path) }

    package func read(_ range: Range<Int>) throws -> [UInt8] {
        guard let bytes = try handle.read(range.count, at: range.lowerBound) else {
            throw StoreError("\(path): shorter than it was written")
        }
        return bytes
    }
}

extension Store {
    /// Packs of exactly these chunks, which lie in packs of the store.
    package func temporaryPacks(of chunks: [Digest: ChunkLocation]) throws -> [TemporaryPack] {
        var packs: [TemporaryPack] = []
        var writer: BlobWriter?
        var directory = PackDirectory()
        func finish() throws {
            guard let current = writer else { return }
            try current.write(directory.bytes)
            packs.append(try TemporaryPack(current.finish()))
            writer = nil
            directory = PackDirectory()
        }
        // In the order of the disk.
        let sorted = chunks.sorted {
            ($0.value.pack, $0.value.offset) < ($1.value.pack, $1.value.offset)
        }
        for (digest, location) in sorted {
            if !directory.hasRoom(for: location.storedByteCount) { try finish() }
            let current = try writer ?? blobs.writer()
            writer = current
            let end = location.offset + location.storedByteCount
            try current.write(try blobs.read(location.pack, bytes: location.offset..<end))
            directory.append(
                digest,
                storedByteCount: location.storedByteCount,
                byteCount: location.byteCount,
                encoding: location.encoding
            )
        }
        try finish()
        return packs
    }
}
