// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite("Garbage collection") struct GarbageCollectionTests {
    private let test: TestStore
    private let kept: WrittenVersion
    private let doomed: WrittenVersion

    init() throws {
        test = try TestStore()
        let many = (0..<3000).map { FileSource.bytes("d/\($0)", Array("file \($0)".utf8)) }
        kept = try test.add(many + [.bytes("large", SeededBytes.bytes(300_000, seed: 1))])
        doomed = try test.add([
            .bytes("large", SeededBytes.bytes(500_000, seed: 2)), .bytes("small", [1, 2, 3]),
        ])
        Self.tick()
    }

    /// Until the clock of files has moved, what was just written counts as under way.
    private static func tick() { usleep(20_000) }

    private func collectMarking(
        _ mark: @escaping (inout Reachable) throws -> Void
    ) throws -> CollectionReport {
        try GarbageCollection(of: test.store, patience: .zero, mark: mark).run()
    }

    private func collect() throws -> CollectionReport {
        try collectMarking { [kept] in try $0.add(manifests: [kept.manifestDigest]) }
    }

    /// Marks the version that stays; runs `body` when the roots are read for the second time, as if
    /// an operation did that meanwhile.
    private func collect(
        meanwhile body: @escaping (inout Reachable) throws -> Void
    ) throws -> CollectionReport {
        let calls = Counter()
        return try collectMarking { [kept] reachable in
            try reachable.add(manifests: [kept.manifestDigest])
            if calls.next() == 2 { try body(&reachable) }
        }
    }

    private func bytes(of version: WrittenVersion, _ path: String) throws -> [UInt8] {
        let entries = try test.store.readTree(of: version.manifestDigest)
        return try test.store.readFile(try #require(entries.first { $0.path == path }))
    }

    @Test("removes what nothing needs, and keeps all that a version is made of")
    func removesGarbage() throws {
        let before = try test.store.blobs.digests().count
        let plan = try GarbageCollection(of: test.store, patience: .zero) { [kept] in
            try $0.add(manifests: [kept.manifestDigest])
        }.plan()
        #expect(try test.store.blobs.digests().count == before)
        let report = try collect()
        #expect(report.removedBlobCount == plan.garbageBlobCount)
        // Manifest, root page and pack; the config is shared.
        #expect(report.removedBlobCount == 3)
        #expect(report.removedByteCount > 500_000)
        #expect(try test.store.check(manifests: [kept.manifestDigest]).isEmpty)
        #expect(try bytes(of: kept, "large") == SeededBytes.bytes(300_000, seed: 1))
        #expect(!test.store.blobs.contains(doomed.manifestDigest))
        let chunk = Digest.of([1, 2, 3])
        #expect(try test.store.index.locations(of: [chunk]).isEmpty)
        #expect(try collect().removedBlobCount == 0)
    }

    /// An index that has no room to forget a pack while a blob is there.
    private struct CrampedIndex: ChunkIndex {
        let index: any ChunkIndex
        let isCramped: @Sendable () -> Bool

        func locations(of chunks: [Digest]) throws -> [Digest: ChunkLocation] {
            try index.locations(of: chunks)
        }

        func add(_ directory: PackDirectory, of pack: Digest) throws {
            try index.add(directory, of: pack)
        }

        func packs() throws -> [Digest] { try index.packs() }

        func remove(packs: [Digest]) throws {
            guard !isCramped() else { throw StoreError("the disk is full") }
            try index.remove(packs: packs)
        }
    }

    @Test("on a full disk, what is in no pack goes before the index needs room to forget packs")
    func fullDisk() throws {
        let raw = try test.store.blobs.put(SeededBytes.bytes(70_000, seed: 3))
        Self.tick()
        let blobs = test.store.blobs
        let index = CrampedIndex(index: test.store.index) { blobs.contains(raw) }
        let store = Store(blobs: blobs, index: index)
        let report = try GarbageCollection(of: store, patience: .zero) { [kept] in
            try $0.add(manifests: [kept.manifestDigest])
        }.run()
        #expect(report.removedBlobCount == 4)
    }

    @Test("a collection that cannot go on puts back what it has not removed")
    func stopped() throws {
        let blobs = test.store.blobs
        let store = Store(blobs: blobs, index: CrampedIndex(index: test.store.index) { true })
        #expect(throws: StoreError.self) {
            try GarbageCollection(of: store, patience: .zero) { [kept] in
                try $0.add(manifests: [kept.manifestDigest])
            }.run()
        }
        #expect(try blobs.condemned().isEmpty)
        #expect(try collect().removedBlobCount > 0)
    }

    @Test("nothing goes while an operation is under way that began before")
    func waitsForLeases() throws {
        var lease = try test.store.blobs.lease()
        let before = Set(try test.store.blobs.digests())
        let report = try collect()
        // What was written before the lease is condemned and comes back.
        #expect(report.busyProcesses == ["\(getpid())"])
        #expect(report.removedBlobCount == 0)
        #expect(Set(try Files.names(in: test.store.blobs.layout.blobs)) == Set(before.map(\.hex)))
        #expect(try test.store.check(manifests: [doomed.manifestDigest]).isEmpty)
        withExtendedLifetime(lease) {}
        lease = nil
        #expect(try collect().removedBlobCount == 3)
    }

    @Test("what is younger than an operation under way is left alone")
    func youngBlobs() throws {
        let lease = try test.store.blobs.lease()
        Self.tick()
        let young = try test.store.blobs.put(Array("not named yet".utf8))
        let plan = try GarbageCollection(of: test.store, patience: .zero) { _ in }.plan()
        try withExtendedLifetime(lease) {
            _ = try collectMarking { _ in }
            #expect(test.store.blobs.keeps(young))
        }
        #expect(plan.garbageBlobCount == Set(try test.store.blobs.digests()).count - 1)
    }

    @Test(
        "a version that an operation named meanwhile goes back whole, and could be read throughout"
    )
    func namedMeanwhile() throws {
        let report = try collect(meanwhile: { [test, doomed] reachable in
            #expect(!test.store.blobs.keeps(doomed.manifestDigest))
            #expect(try test.store.check(manifests: [doomed.manifestDigest]).isEmpty)
            try reachable.add(manifests: [doomed.manifestDigest])
        })
        #expect(report.removedBlobCount == 0)
        #expect(test.store.blobs.keeps(doomed.manifestDigest))
        #expect(try bytes(of: doomed, "large") == SeededBytes.bytes(500_000, seed: 2))
    }

    @Test("the same bytes written meanwhile are written anew, and stay")
    func writtenMeanwhile() throws {
        let report = try collect(meanwhile: { [test, doomed] _ in
            // The very same packs, so that the index names them by the same digests.
            let again = try test.add([
                .bytes("large", SeededBytes.bytes(500_000, seed: 2)), .bytes("small", [1, 2, 3]),
            ])
            #expect(again.manifestDigest == doomed.manifestDigest)
            #expect(again.newByteCount > 500_000)
        })
        #expect(report.removedBlobCount == 3)
        #expect(try test.store.check(manifests: [doomed.manifestDigest]).isEmpty)
        #expect(try bytes(of: doomed, "large") == SeededBytes.bytes(500_000, seed: 2))
    }

    @Test("what a killed collection condemned is put back by whoever opens the store next")
    func killed() throws {
        let blobs = test.store.blobs
        try Files.makeDirectories(blobs.layout.condemned)
        let all = try blobs.digests()
        for digest in all { try blobs.condemn(digest) }
        #expect(Set(try blobs.digests()) == Set(all))
        #expect(try test.store.check(manifests: [kept.manifestDigest]).isEmpty)
        let reopened = try BlobStore(opening: blobs.root)
        #expect(all.allSatisfy(reopened.keeps))
        #expect(try Files.names(in: blobs.layout.condemned).isEmpty)
    }

    @Test("a copy that was written anew is not replaced by the condemned one, which may be damaged")
    func damagedWhileCondemned() throws {
        let blobs = test.store.blobs
        let bytes = try blobs.read(doomed.manifestDigest)
        _ = try collect(meanwhile: { [doomed] reachable in
            let condemned = blobs.layout.condemned(doomed.manifestDigest)
            try Files.remove(condemned)
            try Files.replace(condemned, with: [0])
            #expect(try blobs.put(bytes) == doomed.manifestDigest)
            reachable.keep([doomed.manifestDigest])
        })
        #expect(try blobs.read(doomed.manifestDigest) == bytes)
    }

    @Test("a chunk that lies in a pack that stays as well is found there")
    func secondPlace() throws {
        let chunk = Digest.of([1, 2, 3])
        let pack = try #require(try test.store.index.locations(of: [chunk])[chunk]).pack
        // Another pack with the same chunk, which the index does not know.
        let elsewhere = try TestStore()
        _ = try elsewhere.add([.bytes("small", [1, 2, 3])])
        let other = try #require(try elsewhere.store.index.packs().first)
        #expect(try test.store.blobs.put(elsewhere.store.blobs.read(other)) == other)
        Self.tick()
        let report = try collectMarking { [kept] reachable in
            try reachable.add(manifests: [kept.manifestDigest])
            reachable.keep([other])
        }
        #expect(report.removedBlobCount == 3)
        #expect(!test.store.blobs.contains(pack))
        #expect(try test.store.index.locations(of: [chunk])[chunk]?.pack == other)
    }

    @Test("what somebody uploaded or mentions cannot stop a collection by looking like a version")
    func hostileBlob() throws {
        let digest = try test.store.blobs.put(
            Array(
                #"{"layers":[{"mediaType":"application/vnd.ingot.tree.v1","digest":"x"}]}"#.utf8
            )
        )
        let report = try collectMarking { [kept] reachable in
            try reachable.add(manifests: [kept.manifestDigest])
            reachable.keep([digest])
            try reachable.add(mentioned: [digest])
        }
        #expect(report.removedBlobCount == 3)
        #expect(test.store.blobs.keeps(digest))
    }

    @Test("a second collection is refused, and leaves what the first condemned")
    func oneAtATime() throws {
        let blobs = test.store.blobs
        _ = try collect(meanwhile: { [test, doomed] _ in
            #expect(throws: StoreError.self) {
                try GarbageCollection(of: test.store, patience: .zero) { _ in }
            }
            _ = try BlobStore(opening: blobs.root)
            #expect(!blobs.keeps(doomed.manifestDigest))
        })
    }

    @Test("a pack of which little is needed is rewritten")
    func sparsePack() throws {
        let test = try TestStore()
        // One add, so that both files share a pack.
        let both = try test.add([
            .bytes("large", SeededBytes.bytes(900_000, seed: 5)),
            .bytes("little", SeededBytes.bytes(100_000, seed: 6)),
        ])
        let little = try test.add([.bytes("little", SeededBytes.bytes(100_000, seed: 6))])
        Self.tick()
        let report = try GarbageCollection(of: test.store, patience: .zero) {
            try $0.add(manifests: [little.manifestDigest])
        }.run()
        #expect(report.sparsePackCount == 1)
        // What was rewritten is not freed.
        #expect((800_000..<950_000).contains(report.removedByteCount))
        #expect(try test.store.check(manifests: [little.manifestDigest]).isEmpty)
        let entry = try #require(try test.store.readTree(of: little.manifestDigest).first)
        #expect(try test.store.readFile(entry) == SeededBytes.bytes(100_000, seed: 6))
        #expect(!test.store.blobs.contains(both.manifestDigest))
        let sizes = try test.store.blobs.digests().map { try test.store.blobs.byteCount(of: $0) }
        #expect(sizes.reduce(0, +) < 110_000)
    }

    @Test("nothing is removed while a version cannot be read, since nobody knows what it needs")
    func damagedVersion() throws {
        let count = try test.store.blobs.digests().count
        let root = kept.manifest.layers[0].digest
        let bytes = try test.store.blobs.read(root)
        for damage in [[UInt8](repeating: 0, count: bytes.count), Array(bytes.dropLast())] {
            try Files.remove(test.store.blobs.path(of: root))
            try Files.replace(test.store.blobs.path(of: root), with: damage)
            #expect(throws: StoreError.self) { try collect() }
        }
        try Files.replace(test.store.blobs.path(of: root), with: bytes)
        try Files.remove(test.store.blobs.path(of: kept.manifestDigest))
        #expect(throws: StoreError.self) { try collect() }
        #expect(try test.store.blobs.digests().count == count - 1)
    }

    @Test("nothing is removed while the index does not know where a chunk is")
    func missingIndex() throws {
        let count = try test.store.blobs.digests().count
        try test.store.index.remove(packs: test.store.index.packs())
        #expect(throws: StoreError.self) { try collect() }
        #expect(try test.store.blobs.digests().count == count)
        #expect(try test.store.rebuildIndex() == 2)
        #expect(try collect().removedBlobCount == 3)
    }

    @Test("a lease of a process that died holds nobody up")
    func deadLease() throws {
        try Files.makeDirectories(test.store.blobs.layout.leases)
        try Files.replace("\(test.store.blobs.layout.leases)/dead", with: Array("1".utf8))
        #expect(try collect().removedBlobCount == 3)
        #expect(try Files.names(in: test.store.blobs.layout.leases).isEmpty)
    }
}

private final class Counter {
    private var count = 0

    func next() -> Int {
        count += 1
        return count
    }
}
