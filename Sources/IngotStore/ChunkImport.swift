// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// Takes in single chunks of other packs, as these store them.
package final class ChunkImport {
    private let packs: PackWriter
    private let codec = ChunkCodec()

    package init(store: Store) {
        packs = PackWriter(blobs: store.blobs, index: store.index)
    }

    /// Adds a chunk as the other pack stores it.
    ///
    /// - Throws: `StoreError` when the bytes are not those of the chunk.
    package func add(_ entry: PackDirectory.Entry, stored: [UInt8]) throws {
        let content = codec.content(
            of: entry.chunk,
            stored: stored,
            encoding: entry.encoding,
            byteCount: entry.byteCount
        )
        guard stored.count == entry.storedByteCount, content != nil else {
            throw StoreError("chunk \(entry.chunk): what came are other bytes: not taken in")
        }
        guard packs.claim(entry.chunk) else { return }
        try unsafe stored.withUnsafeBytes {
            try unsafe packs.append(
                entry.chunk,
                stored: $0,
                byteCount: entry.byteCount,
                encoding: entry.encoding
            )
        }
    }

    /// What the new packs take, once they are committed.
    var newByteCount: Int { packs.newByteCount }

    /// Makes all of them durable, then known.
    package func commit() throws { try packs.commit() }
}

extension Store {
    /// Makes the chunks of a pack that has just arrived known, when each is what it says.
    ///
    /// Its digest alone does not prove that: whoever made the pack may call any bytes by the name
    /// of a chunk that is here.
    ///
    /// - Throws: `StoreError` when the blob is not a whole pack; then nothing of it is known.
    package func adopt(pack: Digest) throws {
        let handle = try blobs.open(pack)
        let directory = try PackDirectory(checking: try handle.status().byteCount) {
            try handle.read($0, at: $1)
        }
        guard let directory else {
            throw StoreError("blob \(pack): called a pack, but it does not end like one")
        }
        try index.add(directory, of: pack)
    }
}
