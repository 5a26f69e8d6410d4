// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// Reads whole files, on any thread.
struct FileContent: Sendable {
    private static let pieceByteCount = 1 << 20
    /// Chunks of a large file that are read together, on all processors: some 8 MiB.
    private static let windowChunkCount = 128
    /// What one of them does before it asks for more.
    private static let chunksAtOnce = 8

    let store: Store
    let chunks: ChunkReader

    init(store: Store) {
        self.store = store
        chunks = ChunkReader(store: store)
    }

    /// The places of the chunks of some files, in one question to the index.
    func places(of entries: some Sequence<TreeEntry>) throws -> [Digest: ChunkLocation] {
        var digests: [Digest] = []
        for entry in entries {
            guard case .chunks(let references) = entry.content else { continue }
            digests += references.map(\.digest)
        }
        return try store.index.locations(of: digests)
    }

    /// Hands out a file piece by piece.
    func read(
        _ entry: TreeEntry,
        places: [Digest: ChunkLocation],
        _ body: ([UInt8]) throws -> Void
    ) throws {
        switch entry.content {
        case .chunks(let references) where references.count <= Self.chunksAtOnce:
            for reference in references {
                try body(try chunks.read(reference, at: places[reference.digest]))
            }
        case .chunks(let references): try readWindows(of: references, places: places, body)
        case .raw(let digest): try readBlob(digest, byteCount: entry.byteCount, body)
        }
    }

    /// While the caller takes a window in, the next one is read.
    private func readWindows(
        of references: [ChunkReference],
        places: [Digest: ChunkLocation],
        _ body: ([UInt8]) throws -> Void
    ) throws {
        let ahead = Background<[[[UInt8]]]>()
        var next = 0
        func startNext() throws {
            let window = references[next..<min(next + Self.windowChunkCount, references.count)]
            next = window.endIndex
            try ahead.start { try self.read(window, places: places) }
        }
        try startNext()
        while let groups = try ahead.wait() {
            let isLast = next == references.count
            if !isLast { try startNext() }
            for bytes in groups.joined() { try body(bytes) }
            if isLast { break }
        }
    }

    private func read(
        _ window: ArraySlice<ChunkReference>,
        places: [Digest: ChunkLocation]
    ) throws -> [[[UInt8]]] {
        let step = Self.chunksAtOnce
        return try Parallel.map((window.count + step - 1) / step) { [chunks] index in
            try window.dropFirst(index * step).prefix(step).map {
                try chunks.read($0, at: places[$0.digest])
            }
        }
    }

    private func readBlob(
        _ digest: Digest,
        byteCount: Int,
        _ body: ([UInt8]) throws -> Void
    ) throws {
        let handle = try store.blobs.open(digest)
        let hasher = SHA256Hasher()
        guard try handle.status().byteCount == byteCount else { throw store.blobs.damaged(digest) }
        var offset = 0
        while offset < byteCount {
            let count = min(Self.pieceByteCount, byteCount - offset)
            guard let bytes = try handle.read(count, at: offset) else {
                throw store.blobs.damaged(digest)
            }
            hasher.update(bytes)
            try body(bytes)
            offset += count
        }
        guard hasher.finish() == digest else { throw store.blobs.damaged(digest) }
    }
}
