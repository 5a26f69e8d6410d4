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
    private var ready: [Ready] = []
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
        for (piece, frame) in zip(new, frames) {
            ready.append(Ready(piece: piece, frame: frame))
            readyByteCount += piece.range.count
        }
        if readyByteCount >= Self.writtenTogether { try write() }
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
private struct Ready {
    let piece: ChunkSink.Piece
    /// Nil when compressing it does not pay.
    let frame: [UInt8]?

    func append(to packs: PackWriter) throws {
        try unsafe (frame ?? piece.bytes).withUnsafeBytes {
            // Safe: the range is one of the piece's bytes.
            let range = frame == nil ? piece.range : $0.indices
            let stored = unsafe UnsafeRawBufferPointer(rebasing: $0[range])
            try unsafe packs.append(
                piece.digest,
                stored: stored,
                byteCount: piece.range.count,
                encoding: frame == nil ? .plain : .zstd
            )
        }
    }
}
