// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import Synchronization

/// Reads chunks from packs, on any thread.
///
/// Every chunk is checked against its digest.
final class ChunkReader: Sendable {
    /// Packs kept open.
    private static let openLimit = 32

    private let store: Store
    private let codec = ChunkCodec()
    private let packs = Mutex<[Digest: FileHandle]>([:])

    init(store: Store) { self.store = store }

    /// The bytes of a chunk of a known size.
    ///
    /// - Throws: `StoreError` that names the chunk and its pack.
    func read(_ chunk: ChunkReference) throws -> [UInt8] {
        try read(chunk, at: try store.index.locations(of: [chunk.digest])[chunk.digest])
    }

    /// The bytes of a chunk whose place was looked up before.
    func read(_ chunk: ChunkReference, at location: ChunkLocation?) throws -> [UInt8] {
        guard let location else {
            throw StoreError(
                "chunk \(chunk.digest): in no pack that the index knows: rebuild the index with "
                    + "`ingot fsck --rebuild-index`, or pull it, or add its content again"
            )
        }
        guard location.byteCount == chunk.byteCount,
            location.storedByteCount <= ChunkCodec.chunkByteLimit,
            let stored = try open(location.pack).read(
                location.storedByteCount,
                at: location.offset
            ),
            let bytes = codec.content(
                of: chunk.digest,
                stored: stored,
                encoding: location.encoding,
                byteCount: location.byteCount
            )
        else {
            throw StoreError(
                "chunk \(chunk.digest): damaged in pack \(location.pack): remove "
                    + "\(store.blobs.path(of: location.pack)), then pull it or add its content "
                    + "again"
            )
        }
        return bytes
    }

    private func open(_ pack: Digest) throws -> FileHandle {
        try packs.withLock { packs in
            if let handle = packs[pack] { return handle }
            let handle = try store.blobs.open(pack)
            // A handle that a thread still reads from closes when that thread lets go of it.
            if packs.count == Self.openLimit { packs = [:] }
            packs[pack] = handle
            return handle
        }
    }
}
