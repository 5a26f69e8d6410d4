// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// Reads the files of a new version, in order, and makes their tree entries.
///
/// Small files are read, cut and hashed in groups, on all processors; large ones one by one, window
/// by window. Memory is bounded by two groups or three windows, and by what compressing one yields.
struct Ingest {
    /// Files of this size or less are read whole.
    private static let smallByteCount = 4 << 20
    private static let groupByteCount = 32 << 20
    private static let groupFileCount = 2048
    private static let windowByteCount = 8 << 20

    let chunks: ChunkSink
    let blobs: BlobBatch
    private let kind: Kind
    private let report: StoreProgress.Report
    private(set) var progress = StoreProgress(fileCount: 0, byteCount: 0)

    init(store: Store, kind: Kind, report: @escaping StoreProgress.Report) {
        chunks = ChunkSink(store: store)
        blobs = store.blobs.batch()
        self.kind = kind
        self.report = report
    }

    /// Calls `each` for the entry of each file, in order.
    mutating func run(
        _ files: [FileSource],
        each: (TreePage.StoredEntry) throws -> Void
    ) throws {
        // All files are looked at before the first byte is read, so that bad ones cost no time.
        let sizes = try Parallel.map(files.count) { try Self.byteCount(of: files[$0]) }
        progress = StoreProgress(fileCount: files.count, byteCount: sizes.reduce(0, +))
        try report(progress)
        var group: [FileSource] = []
        var groupByteCount = 0
        for (file, size) in zip(files, sizes) {
            let isSmall = size <= Self.smallByteCount
            let isFull =
                groupByteCount + size > Self.groupByteCount || group.count == Self.groupFileCount
            if !group.isEmpty, isFull || !isSmall {
                try add(group, each)
                (group, groupByteCount) = ([], 0)
            }
            if isSmall {
                group.append(file)
                groupByteCount += size
            } else {
                try each(try addLarge(file))
                progress.filesDone += 1
                try report(progress)
            }
        }
        try add(group, each)
    }

    private static func byteCount(of file: FileSource) throws -> Int {
        switch file.content {
        case .bytes(let bytes): return bytes.count
        case .file(let path):
            switch try Files.entry(at: path) {
            case .file(let byteCount, _): return byteCount
            case nil: throw StoreError("\(path): no such file")
            case .link: throw StoreError.symbolicLink(path)
            default: throw StoreError.specialFile(path)
            }
        }
    }

    private mutating func add(
        _ group: [FileSource],
        _ each: (TreePage.StoredEntry) throws -> Void
    ) throws {
        let prepared = try Parallel.map(group.count) { ChunkedFile.of(try Self.read(group[$0])) }
        try chunks.add(prepared.flatMap(\.pieces))
        for (file, content) in zip(group, prepared) {
            try each(entry(of: file, content.file))
            progress.filesDone += 1
            progress.bytesDone += content.file.byteCount
        }
        try report(progress)
    }

    private static func read(_ file: FileSource) throws -> [UInt8] {
        switch file.content {
        case .bytes(let bytes): return bytes
        case .file(let path):
            let handle = try regularFile(path)
            let before = try handle.status()
            // It may have grown since it was looked at, but not beyond what memory is meant to
            // hold.
            guard before.byteCount <= smallByteCount,
                let bytes = try handle.read(before.byteCount, at: 0),
                try handle.status() == before
            else { throw StoreError.changedWhileRead(path) }
            return bytes
        }
    }

    private static func regularFile(_ path: String) throws -> FileHandle {
        let handle = try FileHandle.reading(path)
        guard try handle.status().isRegular else { throw StoreError.specialFile(path) }
        return handle
    }

    private mutating func addLarge(_ file: FileSource) throws -> TreePage.StoredEntry {
        switch file.content {
        case .bytes(let bytes):
            progress.bytesDone += bytes.count
            if Store.isRaw(kind, byteCount: bytes.count) {
                return raw(file, digest: try blobs.add(bytes), byteCount: bytes.count)
            }
            let (content, pieces) = ChunkedFile.of(bytes)
            try chunks.add(pieces)
            return try entry(of: file, content)
        case .file(let path):
            let handle = try Self.regularFile(path)
            let before = try handle.status()
            if Store.isRaw(kind, byteCount: before.byteCount) {
                let stored = try blobs.addFile(at: path)
                progress.bytesDone += stored.byteCount
                return raw(file, digest: stored.digest, byteCount: stored.byteCount)
            }
            var progress = self.progress
            let content = try ChunkedFile.reading(
                handle,
                window: Self.windowByteCount,
                sink: chunks
            ) {
                progress.bytesDone += $0
                try report(progress)
            }
            self.progress = progress
            guard try handle.status() == before, content.byteCount == before.byteCount else {
                throw StoreError.changedWhileRead(path)
            }
            return try entry(of: file, content)
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
        of file: FileSource,
        _ content: ChunkedFile
    ) throws -> TreePage.StoredEntry {
        TreePage.StoredEntry(
            path: file.path,
            isExecutable: file.isExecutable,
            byteCount: content.byteCount,
            digest: content.digest,
            content: try content.content(in: chunks)
        )
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
