// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// Appends chunks that the store lacks to packs, which are written behind the caller's back.
final class ChunkSink {
    /// A chunk to be added, as part of some bytes in memory.
    struct Piece: Sendable {
        let digest: Digest
        let bytes: [UInt8]
        let range: Range<Int>
    }

    /// Chunks smaller than this together are not worth a thread.
    private static let writtenTogether = 1 << 20

    private let packs: PackWriter
    /// What the next piece of writing appends.
    private var ready: [Packable] = []
    private var readyByteCount = 0
    private let writing = Background<Void>()
    private let codec = ChunkCodec()
    private let presence: PackPresence

    init(store: Store) {
        presence = PackPresence(store: store)
        packs = PackWriter(blobs: store.blobs, index: store.index)
    }

    /// Adds a page.
    func add(page bytes: [UInt8]) throws -> Digest {
        let digest = Digest.of(bytes)
        try add([Piece(digest: digest, bytes: bytes, range: bytes.indices)])
        return digest
    }

    /// Adds those of the chunks that are not there yet, compressed on several threads.
    func add(_ pieces: [Piece]) throws {
        // Claimed before they are looked up: a chunk whose pack is published meanwhile is then in
        // the index.
        let claimed = pieces.filter { packs.claim($0.digest) }
        let present = try presence.present(claimed.map(\.digest))
        packs.release(present)
        let new = claimed.filter { !present.contains($0.digest) }
        let frames = try Parallel.map(new.count) { [codec] index in
            unsafe new[index].bytes.withUnsafeBytes {
                // Safe: the range is one of the piece's bytes.
                unsafe codec.compress(UnsafeRawBufferPointer(rebasing: $0[new[index].range]))
            }
        }
        let chunks = zip(new, frames).map { Packable($0, frame: $1) }
        readyByteCount += chunks.reduce(0) { $0 + $1.range.count }
        if readyByteCount >= Self.writtenTogether {
            ready += chunks
            try write()
        } else {
            // They would keep all that their bytes are a part of.
            ready += chunks.map { $0.detached() }
        }
    }

    private func write() throws {
        // Safe: a piece begins when the one before has ended, and nobody else appends.
        nonisolated(unsafe) let packs = packs
        try writing.start { [ready] in
            for chunk in ready { try unsafe chunk.append(to: packs) }
        }
        (ready, readyByteCount) = ([], 0)
    }

    /// Makes everything added so far durable, then known; returns the bytes of the new packs.
    func commit() throws -> Int {
        try write()
        _ = try writing.wait()
        try packs.commit()
        return packs.newByteCount
    }
}

/// A chunk as its pack will hold it.
private struct Packable: Sendable {
    let digest: Digest
    let byteCount: Int
    let encoding: ChunkEncoding
    /// What is stored is a range of this.
    private let bytes: [UInt8]
    let range: Range<Int>

    /// Plain without a frame.
    init(_ piece: ChunkSink.Piece, frame: [UInt8]?) {
        digest = piece.digest
        byteCount = piece.range.count
        encoding = frame == nil ? .plain : .zstd
        bytes = frame ?? piece.bytes
        range = frame?.indices ?? piece.range
    }

    private init(_ other: Packable, _ bytes: [UInt8]) {
        digest = other.digest
        byteCount = other.byteCount
        encoding = other.encoding
        self.bytes = bytes
        range = bytes.indices
    }

    /// The same, with no more bytes than it needs.
    func detached() -> Packable { Packable(self, Array(bytes[range])) }

    func append(to packs: PackWriter) throws {
        try unsafe bytes.withUnsafeBytes {
            // Safe: the range is one of the bytes.
            let stored = unsafe UnsafeRawBufferPointer(rebasing: $0[range])
            try unsafe packs.append(
                digest,
                stored: stored,
                byteCount: byteCount,
                encoding: encoding
            )
        }
    }
}
