// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Fills packs with chunks, and makes them durable a few at a time.
final class PackWriter {
    /// Packs between two commits: what a crash in a long add can cost, and what memory holds.
    private static let packsPerCommit = 8

    private let blobs: BlobStore
    private let index: any ChunkIndex
    private var writer: BlobWriter?
    private var directory = PackDirectory()
    private var batch: BlobBatch
    private var finished: [(pack: Digest, directory: PackDirectory)] = []
    private var pending = Set<Digest>()
    private(set) var newByteCount = 0

    init(blobs: BlobStore, index: any ChunkIndex) {
        self.blobs = blobs
        self.index = index
        batch = blobs.batch()
    }

    /// True for a chunk that was appended and is not in the index yet.
    func isPending(_ chunk: Digest) -> Bool { pending.contains(chunk) }

    /// Appends a chunk that is neither in the index nor pending.
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
        pending.insert(chunk)
    }

    private func finishPack() throws {
        guard let writer else { return }
        try writer.write(directory.bytes)
        let pack = try batch.add(writer)
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
        for (pack, directory) in finished { try index.add(directory, of: pack) }
        finished = []
        // The chunks of the pack being filled are pending still.
        pending = Set(directory.entries.map(\.chunk))
        batch = blobs.batch()
    }
}
