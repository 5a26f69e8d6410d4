// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore
internal import IngotFiles

/// Garbage collection: removes the blobs that nothing needs, and rewrites packs of which little is
/// needed.
///
/// It runs beside everything else. What is not reachable is condemned (`BlobStore+Condemned`); when
/// the operations that were under way then have ended, the roots are read again: what they need by
/// now goes back, the rest is removed. So an operation that found a blob before may name it, and
/// one that begins later writes it anew.
package struct GarbageCollection {
    /// A pack of which less is needed is rewritten.
    private static let sparseFraction = 0.5
    /// Not worth a rewrite.
    private static let smallGarbageByteCount = 64 << 10

    private let store: Store
    /// Adds what must be kept; called again whenever it may have grown.
    private let mark: (inout Reachable) throws -> Void
    /// How long to wait for operations that are under way.
    private let patience: Duration
    private let lock: FileLock

    /// - Throws: `StoreError` when another collection runs.
    package init(
        of store: Store,
        patience: Duration,
        mark: @escaping (inout Reachable) throws -> Void
    ) throws {
        self.store = store
        self.patience = patience
        self.mark = mark
        // Whoever opens the store holds the lock as well while it puts back what a killed
        // collection left.
        let deadline = ContinuousClock.now + patience
        var taken = try FileLock(at: store.blobs.layout.collectionLock)
        while taken == nil, ContinuousClock.now < deadline {
            usleep(20_000)
            taken = try FileLock(at: store.blobs.layout.collectionLock)
        }
        guard let taken else {
            throw StoreError("another collection runs on this store: wait for it")
        }
        lock = taken
        try store.blobs.restoreCondemned()
    }

    /// What can be removed, without removing anything.
    package func plan() throws -> CollectionReport {
        let survey = try survey()
        var report = CollectionReport(garbage: survey)
        report.sparsePackCount = survey.sparse.count
        return report
    }

    package func run() throws -> CollectionReport {
        let survey = try survey()
        var report = CollectionReport(garbage: survey)
        // What is garbage as a whole goes first: a rewrite needs room.
        try sweep(survey.garbage, into: &report)
        guard report.isComplete, !survey.sparse.isEmpty else { return report }
        let (packs, writtenByteCount) = try rewrite(survey.sparse)
        report.sparsePackCount = packs.count
        report.removedByteCount -= writtenByteCount
        try sweep(packs, into: &report)
        return report
    }

    // MARK: What is garbage

    /// What the roots need, and what they do not.
    fileprivate struct Survey {
        var reachable: Reachable
        var keptByteCount = 0
        var garbage: [Garbage] = []
        /// Packs that hold little that is needed, with those of their chunks that are.
        var sparse: [(pack: Garbage, chunks: Set<Digest>)] = []
    }

    fileprivate struct Garbage {
        let digest: Digest
        let byteCount: Int
        /// Perhaps a manifest.
        let isDocument: Bool
    }

    private func survey() throws -> Survey {
        // They may be about to name what is younger. Only a kindness: what is condemned wrongly is
        // found when the roots are read again.
        let begun = try store.blobs.oldestOperation()
        var reachable = Reachable(in: store)
        try mark(&reachable)
        let needed = try neededChunks(reachable)
        var survey = Survey(reachable: reachable)
        for digest in try store.blobs.digests() {
            guard let status = try store.blobs.status(of: digest) else { continue }
            let item = Garbage(
                digest: digest,
                byteCount: status.byteCount,
                isDocument: try store.blobs.isDocument(digest)
            )
            let chunks = needed[digest]
            let isYoung = !status.modified.lexicographicallyPrecedes(begun)
            if reachable.blobs.contains(digest) || isYoung {
                survey.keptByteCount += item.byteCount
            } else if let chunks {
                let garbage = item.byteCount - chunks.storedByteCount
                if garbage > Self.smallGarbageByteCount,
                    Double(chunks.storedByteCount)
                        < Self.sparseFraction * Double(item.byteCount)
                {
                    survey.sparse.append((item, chunks.digests))
                    survey.keptByteCount += chunks.storedByteCount
                } else {
                    survey.keptByteCount += item.byteCount
                }
            } else {
                survey.garbage.append(item)
            }
        }
        return survey
    }

    private struct NeededChunks {
        var digests = Set<Digest>()
        var storedByteCount = 0
    }

    /// The chunks that are needed, by the packs that the index says they are in.
    private func neededChunks(_ reachable: Reachable) throws -> [Digest: NeededChunks] {
        var needed: [Digest: NeededChunks] = [:]
        try forEachLocation(of: reachable.chunks) { chunk, location in
            needed[location.pack, default: NeededChunks()].digests.insert(chunk)
            needed[location.pack]?.storedByteCount += location.storedByteCount
        }
        return needed
    }

    private func forEachLocation(
        of chunks: Set<Digest>,
        _ body: (Digest, ChunkLocation) throws -> Void
    ) throws {
        try store.forEachLocation(of: chunks) { chunk, place in
            guard let place else {
                throw StoreError(
                    "chunk \(chunk) of a version is in no pack that the index knows, so nothing "
                        + "is removed: run `ingot fsck --rebuild-index`, or pull it"
                )
            }
            try body(chunk, place)
        }
    }

    // MARK: Removal

    /// Condemns, waits, looks again, and removes what is still garbage.
    ///
    /// Manifests go first and return last, so that one that is kept has all it names.
    private func sweep(_ garbage: [Garbage], into report: inout CollectionReport) throws {
        guard !garbage.isEmpty else { return }
        let blobs = store.blobs
        let garbage = garbage.filter(\.isDocument) + garbage.filter { !$0.isDocument }
        let back = garbage.reversed().map(\.digest)
        try Files.makeDirectories(blobs.layout.condemned)
        // A power cut must not take the directory with all that moves there.
        try FileHandle.syncDirectory(blobs.root)
        do {
            for item in garbage { try blobs.condemn(item.digest) }
            let waitedFor = try wait()
            guard waitedFor.isEmpty else {
                report.busyProcesses = waitedFor
                try blobs.restore(back)
                return
            }
            var reachable = Reachable(in: store)
            try mark(&reachable)
            var needed = reachable.blobs
            try forEachLocation(of: reachable.chunks) { needed.insert($1.pack) }
            try blobs.restore(back.filter(needed.contains))
            try remove(garbage.filter { !needed.contains($0.digest) }, keeping: needed, &report)
        } catch {
            // The next process that opens the store does it where this one cannot.
            try? blobs.restore(back.filter(Set(blobs.condemned()).contains))
            throw error
        }
    }

    private func remove(
        _ doomed: [Garbage],
        keeping needed: Set<Digest>,
        _ report: inout CollectionReport
    ) throws {
        let packs = Set(try store.index.packs())
        for item in doomed where item.isDocument { try store.blobs.removeCondemned(item.digest) }
        try FileHandle.syncDirectory(store.blobs.layout.condemned)
        // What is in no pack makes the room that the index may need to forget packs.
        for item in doomed where !item.isDocument && !packs.contains(item.digest) {
            try store.blobs.removeCondemned(item.digest)
        }
        let doomedPacks = doomed.filter { !$0.isDocument && packs.contains($0.digest) }
        try forget(Set(doomedPacks.map(\.digest)), keeping: needed)
        for item in doomedPacks { try store.blobs.removeCondemned(item.digest) }
        try FileHandle.syncDirectory(store.blobs.layout.condemned)
        report.removedBlobCount += doomed.count
        report.removedByteCount += doomed.reduce(0) { $0 + $1.byteCount }
    }

    /// The processes that still hold leases from before, after the patience is at its end.
    private func wait() throws -> [String] {
        let list = LeaseList(directory: store.blobs.layout.leases)
        var holders = try list.holders()
        let deadline = ContinuousClock.now + patience
        while !holders.isEmpty, ContinuousClock.now < deadline {
            usleep(20_000)
            holders = try list.remaining(holders)
        }
        return Set(holders.map(\.process)).sorted()
    }

    /// Takes packs out of the index, which must not name bytes that are gone.
    private func forget(_ packs: Set<Digest>, keeping needed: Set<Digest>) throws {
        guard !packs.isEmpty else { return }
        let chunks = try packs.reduce(into: Set<Digest>()) {
            $0.formUnion(try store.chunks(inPack: $1) ?? [])
        }
        try store.index.remove(packs: packs.sorted())
        // The index knows one place of a chunk: a pack that stays, such as one that a client pushed
        // and has not named yet, may hold it as well.
        for pack in needed where !packs.contains(pack) && store.blobs.contains(pack) {
            guard let directory = try store.packDirectory(of: pack),
                directory.entries.contains(where: { chunks.contains($0.chunk) })
            else { continue }
            try store.index.add(directory, of: pack)
        }
        // Somebody may have written the very same pack again meanwhile, and entered it.
        for pack in packs where store.blobs.keeps(pack) {
            if let directory = try store.packDirectory(of: pack) {
                try store.index.add(directory, of: pack)
            }
        }
    }

    // MARK: Rewriting

    /// Copies the chunks that are needed into new packs; returns the old ones, and what the new
    /// ones take.
    private func rewrite(
        _ sparse: [(pack: Garbage, chunks: Set<Digest>)]
    ) throws -> (old: [Garbage], writtenByteCount: Int) {
        let chunks = ChunkImport(store: store)
        var rewritten: [Garbage] = []
        for (pack, needed) in sparse {
            guard let directory = try store.packDirectory(of: pack.digest) else { continue }
            let handle = try store.blobs.open(pack.digest)
            for entry in directory.entries where needed.contains(entry.chunk) {
                guard let stored = try handle.read(entry.storedByteCount, at: entry.offset) else {
                    throw store.blobs.damaged(pack.digest)
                }
                do {
                    try chunks.add(entry, stored: stored)
                } catch is StoreError { throw store.blobs.damaged(pack.digest) }
            }
            rewritten.append(pack)
        }
        try chunks.commit()
        return (rewritten, chunks.newByteCount)
    }
}

/// What a collection found and did.
package struct CollectionReport: Sendable, Hashable {
    package let keptByteCount: Int
    package let garbageBlobCount: Int
    package let garbageByteCount: Int
    package internal(set) var removedBlobCount = 0
    package internal(set) var removedByteCount = 0
    /// Packs of which less than half is needed: rewritten, or to be.
    package internal(set) var sparsePackCount = 0
    /// The ids of processes that were under way all the time, so that nothing was removed.
    package internal(set) var busyProcesses: [String] = []

    package var isComplete: Bool { busyProcesses.isEmpty }

    fileprivate init(garbage survey: GarbageCollection.Survey) {
        keptByteCount = survey.keptByteCount
        garbageBlobCount = survey.garbage.count
        garbageByteCount = survey.garbage.reduce(0) { $0 + $1.byteCount }
    }
}

extension BlobStore {
    /// Nil for a blob that somebody removed.
    fileprivate func status(of digest: Digest) throws -> FileHandle.Status? {
        do {
            return try open(digest).status()
        } catch is StoreError { return nil }
    }
}
