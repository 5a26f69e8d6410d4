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
        let pieces = cut(bytes, count: bytes.count, isEnd: true).map { range in
            ChunkSink.Piece(digest: digest(of: bytes, range), bytes: bytes, range: range)
        }
        file.append(pieces)
        // One chunk is the whole file: hashed once.
        file.digest = pieces.count == 1 ? pieces[0].digest : Digest.of(bytes)
        return (file, pieces)
    }

    /// A file that is read window by window, so that memory stays bounded whatever its size.
    ///
    /// What is left of a window after its last sure cut moves to the front of the next one.
    static func reading(
        _ handle: FileHandle,
        window byteCount: Int,
        sink: ChunkSink,
        progress: (_ newBytes: Int) throws -> Void
    ) throws -> ChunkedFile {
        var file = ChunkedFile()
        let hasher = FileHasher()
        var window = [UInt8](repeating: 0, count: byteCount)
        var held = 0
        while true {
            let count = try unsafe window.withUnsafeMutableBytes {
                // Safe: `held` is at most the count of the window.
                try unsafe handle.fill(UnsafeMutableRawBufferPointer(rebasing: $0[held...]))
            }
            let filled = held + count
            let isEnd = filled < window.count
            let used = try file.append(window, count: filled, isEnd: isEnd, hasher, sink)
            unsafe window.withUnsafeMutableBufferPointer { buffer in
                // Safe: both places are below `filled`, at most the count of the window.
                for offset in 0..<filled - used {
                    unsafe buffer[offset] = buffer[used + offset]
                }
            }
            held = filled - used
            try progress(count)
            if isEnd { break }
        }
        file.digest = hasher.finish()
        return file
    }

    private mutating func append(
        _ window: [UInt8],
        count: Int,
        isEnd: Bool,
        _ hasher: FileHasher,
        _ sink: ChunkSink
    ) throws -> Int {
        let ranges = Self.cut(window, count: count, isEnd: isEnd)
        let used = ranges.last?.upperBound ?? 0
        // Job 0, the longest, is the hash of the file; the others are those of the chunks.
        let digests = try Parallel.map(ranges.count + 1) { job in
            guard job > 0 else {
                hasher.update(window, 0..<used)
                return hasher.placeholder
            }
            return Self.digest(of: window, ranges[job - 1])
        }
        let pieces = zip(ranges, digests.dropFirst()).map { range, digest in
            ChunkSink.Piece(digest: digest, bytes: window, range: range)
        }
        try sink.add(pieces)
        append(pieces)
        return used
    }

    private mutating func append(_ pieces: [ChunkSink.Piece]) {
        for piece in pieces {
            references.append(
                ChunkReference(digest: piece.digest, byteCount: piece.range.count)
            )
            byteCount += piece.range.count
        }
    }

    /// The chunks that are sure: all of them when the bytes end here.
    private static func cut(_ bytes: [UInt8], count: Int, isEnd: Bool) -> [Range<Int>] {
        unsafe bytes.withUnsafeBytes { buffer in
            var ranges: [Range<Int>] = []
            var offset = 0
            while offset < count, isEnd || count - offset >= Chunker.maximumByteCount {
                // Safe: `offset` is less than `count`, which is at most the count of the buffer.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset..<count])
                let length = unsafe Chunker.firstChunk(in: rest)
                ranges.append(offset..<offset + length)
                offset += length
            }
            return ranges
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
