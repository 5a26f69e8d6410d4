// SPDX-License-Identifier: Apache-2.0

package import IngotCore

extension Store {
    /// Walks the whole tree of a version and hands out the chunks that it is made of.
    ///
    /// Those are pages and file content; a chunk may come several times. Raw files go to `raw`.
    ///
    /// - Throws: `StoreError` when a page is missing or damaged, or the tree is not a valid one.
    package func forEachChunk(
        of manifest: Manifest,
        raw: (Digest) throws -> Void,
        _ body: (Digest) throws -> Void
    ) throws {
        try withoutActuallyEscaping(body) { body in
            // What `body` throws for a page is kept until the walk is at the next file.
            var failure: (any Error)?
            var reader = TreeReader(store: self, chunks: ChunkReader(store: self)) { page in
                do { try body(page) } catch { failure = error }
            }
            let walker = reader
            try reader.forEach(in: manifest) { entry in
                if entry.content == .raw { try raw(entry.digest) }
                for chunk in try walker.chunkReferences(of: entry) { try body(chunk.digest) }
                if let failure { throw failure }
            }
            if let failure { throw failure }
        }
    }

    /// The packs that the index says hold these chunks, and the chunks that it does not know.
    package func packs(
        of chunks: some Collection<Digest>
    ) throws -> (packs: Set<Digest>, missing: [Digest]) {
        var packs = Set<Digest>()
        var missing: [Digest] = []
        try forEachLocation(of: chunks) { chunk, place in
            if let place { packs.insert(place.pack) } else { missing.append(chunk) }
        }
        return (packs, missing)
    }

    /// Where the index says that each of the chunks lies, asked for many at a time.
    func forEachLocation(
        of chunks: some Collection<Digest>,
        _ body: (Digest, ChunkLocation?) throws -> Void
    ) throws {
        var rest = chunks[...]
        while !rest.isEmpty {
            let group = Array(rest.prefix(4096))
            rest = rest.dropFirst(group.count)
            let places = try index.locations(of: group)
            for chunk in group { try body(chunk, places[chunk]) }
        }
    }

    /// The chunks of a pack; nil for a blob that is none.
    package func chunks(inPack blob: Digest) throws -> [Digest]? {
        try packDirectory(of: blob)?.entries.map(\.chunk)
    }
}
