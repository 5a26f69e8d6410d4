// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// Takes in single chunks of packs that are elsewhere.
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
        guard stored.count == entry.storedByteCount,
            let bytes = entry.encoding == .plain
                ? stored : codec.decompress(stored, byteCount: entry.byteCount),
            bytes.count == entry.byteCount, Digest.of(bytes) == entry.chunk
        else {
            throw StoreError("chunk \(entry.chunk): what came are other bytes: not taken in")
        }
        guard !packs.isPending(entry.chunk) else { return }
        try unsafe stored.withUnsafeBytes {
            try unsafe packs.append(
                entry.chunk,
                stored: $0,
                byteCount: entry.byteCount,
                encoding: entry.encoding
            )
        }
    }

    /// Makes all of them durable, then known.
    package func commit() throws { try packs.commit() }
}

extension Store {
    /// Makes the chunks of a pack that has just arrived known.
    ///
    /// - Throws: `StoreError` when the blob is not a whole pack.
    package func adopt(pack: Digest) throws {
        guard let directory = try packDirectory(of: pack) else {
            throw StoreError("blob \(pack): called a pack, but it does not end like one")
        }
        try index.add(directory, of: pack)
    }
}
