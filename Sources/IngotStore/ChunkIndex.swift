// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import Synchronization

/// Where a chunk lies.
package struct ChunkLocation: Sendable, Hashable {
    package let pack: Digest
    /// In bytes from the start of the pack.
    package let offset: Int
    /// Bytes in the pack.
    package let storedByteCount: Int
    package let byteCount: Int
    package let encoding: ChunkEncoding

    package init(
        pack: Digest,
        offset: Int,
        storedByteCount: Int,
        byteCount: Int,
        encoding: ChunkEncoding
    ) {
        self.pack = pack
        self.offset = offset
        self.storedByteCount = storedByteCount
        self.byteCount = byteCount
        self.encoding = encoding
    }
}

/// Knows which pack holds a chunk.
///
/// It holds nothing that the packs do not say themselves.
package protocol ChunkIndex: Sendable {
    /// The places of those of the chunks that are known.
    func locations(of chunks: [Digest]) throws -> [Digest: ChunkLocation]
    /// Records a durable pack's chunks; a chunk known elsewhere moves to this pack.
    func add(_ directory: PackDirectory, of pack: Digest) throws
    /// The packs that some chunk is recorded in, in order.
    func packs() throws -> [Digest]
    /// Forgets packs and the chunks recorded in them.
    func remove(packs: [Digest]) throws
}

/// An index in memory: made from the packs of a store that has no catalog, or of a copy.
package final class MemoryChunkIndex: ChunkIndex {
    private let places = Mutex<[Digest: ChunkLocation]>([:])

    package init() {}

    package func locations(of chunks: [Digest]) -> [Digest: ChunkLocation] {
        places.withLock { places in
            var found: [Digest: ChunkLocation] = [:]
            for chunk in chunks { found[chunk] = places[chunk] }
            return found
        }
    }

    package func add(_ directory: PackDirectory, of pack: Digest) {
        places.withLock { places in
            for entry in directory.entries { places[entry.chunk] = entry.location(in: pack) }
        }
    }

    package func packs() -> [Digest] {
        places.withLock { Set($0.values.map(\.pack)).sorted() }
    }

    package func remove(packs: [Digest]) {
        let packs = Set(packs)
        places.withLock { places in places = places.filter { !packs.contains($0.value.pack) } }
    }
}
