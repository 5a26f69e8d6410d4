// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A part of a blob in pieces of at most 1 MiB, read as the connection takes them.
struct BlobPieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    static let pieceByteCount = 1 << 20

    let blob: OutgoingBlob
    let range: Range<Int>
    let work: BlockingWork

    func makeAsyncIterator() -> Iterator { Iterator(pieces: self, offset: range.lowerBound) }

    struct Iterator: AsyncIteratorProtocol {
        let pieces: BlobPieces
        var offset: Int

        mutating func next() async throws -> ByteBuffer? {
            guard offset < pieces.range.upperBound else { return nil }
            let end = Swift.min(offset + BlobPieces.pieceByteCount, pieces.range.upperBound)
            let (range, blob) = (offset..<end, pieces.blob)
            let bytes = try await pieces.work.run { try blob.read(range) }
            guard bytes.count == range.count else {
                throw RemoteError(.untrue, "blob \(blob.digest): it ended while it was sent")
            }
            offset = end
            return ByteBuffer(bytes: bytes)
        }
    }
}
