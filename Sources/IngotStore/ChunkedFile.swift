// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// The content of a file that is not raw, cut into chunks and hashed.
struct ChunkedFile: Sendable {
    private(set) var references: [ChunkReference] = []
    private(set) var digest = Digest.of([UInt8]())
    private(set) var byteCount = 0

    /// A file in memory.
    ///
    /// Its pieces are what the sink must be given.
    static func of(_ bytes: [UInt8]) -> (file: ChunkedFile, pieces: [ChunkSink.Piece]) {
        var file = ChunkedFile()
        let pieces = Chunker.chunks(of: bytes, isEnd: true).map { range in
            ChunkSink.Piece(digest: digest(of: bytes, range), bytes: bytes, range: range)
        }
        file.append(pieces)
        // One chunk is the whole file: hashed once.
        file.digest = pieces.count == 1 ? pieces[0].digest : Digest.of(bytes)
        return (file, pieces)
    }

    /// A file that is read window by window, so that memory stays bounded whatever its size.
    ///
    /// While a window is hashed, the next one is read and cut, and the sink writes the one before.
    static func reading(
        _ handle: FileHandle,
        window byteCount: Int,
        sink: ChunkSink,
        progress: (_ newBytes: Int) throws -> Void
    ) throws -> ChunkedFile {
        var file = ChunkedFile()
        let hasher = FileHasher()
        let windows = FileWindows(handle, byteCount: byteCount)
        let ahead = Background<FileWindow>()
        try ahead.start { try windows.next(after: nil) }
        while let window = try ahead.wait() {
            if !window.isLast { try ahead.start { try windows.next(after: window) } }
            try file.append(window, hasher, sink)
            windows.recycle(window)
            try progress(window.newByteCount)
            if window.isLast { break }
        }
        file.digest = hasher.finish()
        return file
    }

    private mutating func append(
        _ window: FileWindow,
        _ hasher: FileHasher,
        _ sink: ChunkSink
    ) throws {
        // Job 0, the longest, is the hash of the file; the others are those of the chunks.
        let digests = try Parallel.map(window.chunks.count + 1) { job in
            guard job > 0 else {
                hasher.update(window.bytes, 0..<window.usedByteCount)
                return hasher.placeholder
            }
            return Self.digest(of: window.bytes, window.chunks[job - 1])
        }
        let pieces = zip(window.chunks, digests.dropFirst()).map { range, digest in
            ChunkSink.Piece(digest: digest, bytes: window.bytes, range: range)
        }
        try sink.add(pieces)
        append(pieces)
    }

    private mutating func append(_ pieces: [ChunkSink.Piece]) {
        for piece in pieces {
            references.append(
                ChunkReference(digest: piece.digest, byteCount: piece.range.count)
            )
            byteCount += piece.range.count
        }
    }

    private static func digest(of bytes: [UInt8], _ range: Range<Int>) -> Digest {
        unsafe bytes.withUnsafeBytes {
            // Safe: the range is one of the bytes.
            unsafe Digest.of(UnsafeRawBufferPointer(rebasing: $0[range]))
        }
    }

    /// How a tree's page holds the chunks; long lists go to pages of their own.
    func content(in sink: ChunkSink) throws -> TreePage.StoredEntry.Content {
        if references.count <= 1 { return .whole }
        if references.count <= TreePage.inlineChunkLimit { return .list(references) }
        return .pages(root: try ChunkListPage.write(references) { try sink.add(page: $0) })
    }
}
