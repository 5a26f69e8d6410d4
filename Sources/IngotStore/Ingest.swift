// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// Reads the files of a new version, in order, and makes their tree entries.
struct Ingest {
    /// Bytes of a file read at once.
    ///
    /// Memory stays at a few of these, whatever the files' sizes.
    static let windowByteCount = 4 << 20

    let chunks: ChunkSink
    let blobs: BlobBatch
    private let kind: Kind
    private let report: StoreProgress.Report
    private(set) var progress = StoreProgress(fileCount: 0, byteCount: 0)
    private var window = [UInt8](repeating: 0, count: Ingest.windowByteCount)

    init(store: Store, kind: Kind, report: @escaping StoreProgress.Report) {
        chunks = ChunkSink(store: store)
        blobs = store.blobs.batch()
        self.kind = kind
        self.report = report
    }

    /// Looks at all files before the first byte is read, so that bad ones cost no time.
    mutating func start(_ files: [FileSource]) throws {
        progress.fileCount = files.count
        for file in files {
            switch file.content {
            case .bytes(let bytes): progress.byteCount += bytes.count
            case .file(let path):
                switch try Files.entry(at: path) {
                case .file(let byteCount, _): progress.byteCount += byteCount
                case nil: throw StoreError("\(path): no such file")
                case .link: throw StoreError.symbolicLink(path)
                default: throw StoreError.specialFile(path)
                }
            }
        }
        try report(progress)
    }

    mutating func run(
        _ files: [FileSource],
        each: (TreePage.StoredEntry) throws -> Void
    ) throws {
        for file in files {
            try each(try entry(of: file))
            progress.filesDone += 1
            try report(progress)
        }
    }

    private mutating func entry(of file: FileSource) throws -> TreePage.StoredEntry {
        switch file.content {
        case .bytes(let bytes) where Store.isRaw(kind, byteCount: bytes.count):
            let digest = try blobs.add(bytes)
            progress.bytesDone += bytes.count
            return raw(file, digest: digest, byteCount: bytes.count)
        case .bytes(let bytes):
            var content = ChunkedContent()
            try unsafe bytes.withUnsafeBytes {
                _ = try unsafe content.append($0, isEnd: true, sink: chunks)
            }
            progress.bytesDone += bytes.count
            return try entry(file, content)
        case .file(let path):
            let handle = try FileHandle.reading(path)
            let before = try handle.status()
            guard before.isRegular else { throw StoreError.specialFile(path) }
            if Store.isRaw(kind, byteCount: before.byteCount) {
                let stored = try blobs.addFile(at: path)
                progress.bytesDone += stored.byteCount
                return raw(file, digest: stored.digest, byteCount: stored.byteCount)
            }
            let content = try chunkedContent(of: handle)
            guard try handle.status() == before, content.byteCount == before.byteCount else {
                throw StoreError.changedWhileRead(path)
            }
            return try entry(file, content)
        }
    }

    /// Reads a file window by window; what is left of a window after its last sure cut moves to the
    /// front of the next one.
    private mutating func chunkedContent(of handle: FileHandle) throws -> ChunkedContent {
        var content = ChunkedContent()
        var held = 0
        while true {
            let count = try unsafe window.withUnsafeMutableBytes {
                // Safe: `held` is at most the count of the window.
                try unsafe handle.fill(UnsafeMutableRawBufferPointer(rebasing: $0[held...]))
            }
            let filled = held + count
            let isEnd = filled < window.count
            let used = try unsafe window.withUnsafeMutableBytes { buffer in
                // Safe: the window holds `filled` bytes, of which `append` uses `used` or fewer.
                let used = try unsafe content.append(
                    UnsafeRawBufferPointer(rebasing: buffer[..<filled]),
                    isEnd: isEnd,
                    sink: chunks
                )
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<(filled - used)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[used..<filled]))
                return used
            }
            held = filled - used
            progress.bytesDone += count
            if isEnd { return content }
            try report(progress)
        }
    }

    private func raw(
        _ file: FileSource,
        digest: Digest,
        byteCount: Int
    ) -> TreePage.StoredEntry {
        TreePage.StoredEntry(
            path: file.path,
            isExecutable: file.isExecutable,
            byteCount: byteCount,
            digest: digest,
            content: .raw
        )
    }

    private func entry(
        _ file: FileSource,
        _ content: ChunkedContent
    ) throws -> TreePage.StoredEntry {
        TreePage.StoredEntry(
            path: file.path,
            isExecutable: file.isExecutable,
            byteCount: content.byteCount,
            digest: content.digest,
            content: try content.stored(in: chunks)
        )
    }
}

/// A file's chunks and digest, while its bytes go by.
struct ChunkedContent {
    private(set) var references: [ChunkReference] = []
    private(set) var byteCount = 0
    /// Only where there is more than one chunk; else the chunk's digest is the file's.
    private var hasher: SHA256Hasher?
    private var wholeDigest: Digest?

    /// Cuts off the chunks that are sure.
    ///
    /// Returns how many bytes they have: all of them at the end.
    mutating func append(
        _ bytes: UnsafeRawBufferPointer,
        isEnd: Bool,
        sink: ChunkSink
    ) throws -> Int {
        var offset = 0
        var cuts: [(range: Range<Int>, digest: Digest)] = []
        while offset < bytes.count {
            guard isEnd || bytes.count - offset >= Chunker.maximumByteCount else { break }
            // Safe: the offset and the length are within the buffer.
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let range = unsafe offset..<offset + Chunker.firstChunk(in: rest)
            let digest = unsafe Digest.of(UnsafeRawBufferPointer(rebasing: bytes[range]))
            cuts.append((range, digest))
            offset = range.upperBound
        }
        unsafe hash(UnsafeRawBufferPointer(rebasing: bytes[..<offset]), isEnd: isEnd, cuts.count)
        if wholeDigest == nil, isEnd { wholeDigest = cuts.first?.digest }
        let known = try sink.known(cuts.map(\.digest))
        for (range, digest) in cuts {
            try unsafe sink.add(
                digest,
                UnsafeRawBufferPointer(rebasing: bytes[range]),
                isKnown: known.contains(digest)
            )
            references.append(ChunkReference(digest: digest, byteCount: range.count))
        }
        byteCount += offset
        return offset
    }

    private mutating func hash(_ bytes: UnsafeRawBufferPointer, isEnd: Bool, _ newCount: Int) {
        // A file that begins and ends here as one chunk is hashed by that chunk.
        if hasher == nil, isEnd, newCount == 1 { return }
        let hasher = self.hasher ?? SHA256Hasher()
        self.hasher = hasher
        unsafe hasher.update(bytes)
        if isEnd { wholeDigest = hasher.finish() }
    }

    /// Of the whole content, once the end was appended.
    var digest: Digest { wholeDigest ?? Digest.of([UInt8]()) }

    /// Long lists go to pages of their own.
    func stored(in sink: ChunkSink) throws -> TreePage.StoredEntry.Content {
        if references.count <= 1 { return .whole }
        if references.count <= TreePage.inlineChunkLimit { return .list(references) }
        return .pages(root: try ChunkListPage.write(references) { try sink.add($0) })
    }
}

extension StoreError {
    static func symbolicLink(_ path: String) -> StoreError {
        StoreError("\(path): a symbolic link, which a version cannot hold: replace it by a file")
    }

    static func specialFile(_ path: String) -> StoreError {
        StoreError("\(path): neither a regular file nor a directory: a version cannot hold it")
    }
}
