// SPDX-License-Identifier: Apache-2.0

package import IngotCore

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
