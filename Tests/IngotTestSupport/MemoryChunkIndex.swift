// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotStore
internal import Synchronization

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
