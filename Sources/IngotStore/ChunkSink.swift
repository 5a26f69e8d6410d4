// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// Appends chunks that the store lacks to packs.
final class ChunkSink {
    /// A chunk to be added, as part of some bytes in memory.
    struct Piece: Sendable {
        let digest: Digest
        let bytes: [UInt8]
        let range: Range<Int>
    }

    let packs: PackWriter
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
        var seen = try presence.present(pieces.map(\.digest))
        let new = pieces.filter { !packs.isPending($0.digest) && seen.insert($0.digest).inserted }
        let codec = self.codec
        let frames = try Parallel.map(new.count) { index in
            unsafe new[index].bytes.withUnsafeBytes {
                // Safe: the range is one of the piece's bytes.
                unsafe codec.compress(UnsafeRawBufferPointer(rebasing: $0[new[index].range]))
            }
        }
        for (piece, frame) in zip(new, frames) {
            try append(piece, frame)
        }
    }

    private func append(_ piece: Piece, _ frame: [UInt8]?) throws {
        if let frame {
            try unsafe frame.withUnsafeBytes {
                try unsafe packs.append(
                    piece.digest,
                    stored: $0,
                    byteCount: piece.range.count,
                    encoding: .zstd
                )
            }
        } else {
            try unsafe piece.bytes.withUnsafeBytes {
                // Safe: the range is one of the piece's bytes.
                try unsafe packs.append(
                    piece.digest,
                    stored: UnsafeRawBufferPointer(rebasing: $0[piece.range]),
                    byteCount: piece.range.count,
                    encoding: .plain
                )
            }
        }
    }
}
