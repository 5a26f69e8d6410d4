// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import Synchronization

/// Fills packs with chunks, and makes them durable a few at a time.
///
/// Chunks are claimed on any thread, and appended by one thread at a time.
final class PackWriter {
    /// Packs between two commits: what a crash in a long add can cost, and what memory holds.
    private static let packsPerCommit = 8

    private let blobs: BlobStore
    private let index: any ChunkIndex
    private var writer: BlobWriter?
    private var directory = PackDirectory()
    private var batch: BlobBatch
    private var finished: [(pack: Digest, directory: PackDirectory)] = []
    /// Claimed chunks that are not in the index yet.
    private let claimed = Mutex(Set<Digest>())
    private(set) var newByteCount = 0

    init(blobs: BlobStore, index: any ChunkIndex) {
        self.blobs = blobs
        self.index = index
        batch = blobs.batch()
    }

    /// False for a chunk that somebody claimed before and that is not in the index yet.
    func claim(_ chunk: Digest) -> Bool { claimed.withLock { $0.insert(chunk).inserted } }

    /// Gives up claims of chunks that need not be appended.
    func release(_ chunks: some Sequence<Digest>) { claimed.withLock { $0.subtract(chunks) } }

    /// Appends a chunk that the caller claimed.
    func append(
        _ chunk: Digest,
        stored: UnsafeRawBufferPointer,
        byteCount: Int,
        encoding: ChunkEncoding
    ) throws {
        if !directory.hasRoom(for: stored.count) { try finishPack() }
        let writer = try self.writer ?? blobs.writer()
        self.writer = writer
        try unsafe writer.write(stored)
        directory.append(
            chunk,
            storedByteCount: stored.count,
            byteCount: byteCount,
            encoding: encoding
        )
    }

    private func finishPack() throws {
        guard let writer else { return }
        try writer.write(directory.bytes)
        let pack = try batch.add(writer)
        writer.forget()
        finished.append((pack.digest, directory))
        newByteCount += pack.byteCount
        self.writer = nil
        directory = PackDirectory()
        if finished.count >= Self.packsPerCommit { try publish() }
    }

    /// Makes everything appended so far durable, then known.
    ///
    /// Bytes before names.
    func commit() throws {
        try finishPack()
        try publish()
    }

    private func publish() throws {
        try batch.commit()
        for (pack, directory) in finished {
            try index.add(directory, of: pack)
            release(directory.entries.lazy.map(\.chunk))
        }
        finished = []
        batch = blobs.batch()
    }
}
