// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotRemote
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotTransfer

@Suite("Evidence that travels") struct EvidenceTests {
    private let source: Site
    private let target: Site
    private let remote = MemoryRemote()
    private let version: VersionRecord
    /// The index of an evaluation's results, and the outputs that it names.
    private let evidence: Set<Digest>
    private let index: Digest

    init() throws {
        source = try Site(storeID: "ab12")
        target = try Site(storeID: "cd34")
        version = try source.add([.bytes("file", [1])])
        let blobs = source.store.blobs
        let outputs = try ["candidate", "majority"].map { try blobs.put(Array($0.utf8)) }
        let document: JSONValue = [
            "candidate": ["outputs": .string(outputs[0].description)],
            "baselines": [["outputs": .string(outputs[1].description)]],
        ]
        index = try blobs.put(document.canonicalBytes)
        evidence = Set(outputs + [index])
        try source.evaluate(version, outputs: index)
    }

    @Test("what a statement rests on comes with it, also what an index names, and once")
    func travels() async throws {
        #expect(try source.ledger.evidence() == evidence)
        try await source.push(version, to: remote)
        #expect(try await source.push(version, to: remote).report.sentByteCount == 0)
        _ = try await target.pull(version.digest, from: remote)
        #expect(try target.store.check(evidence: evidence).isEmpty)
        remote.with { $0.received = 0 }
        _ = try await target.pull(version.digest, from: remote)
        #expect(remote.with { $0.received } == 0)
    }

    @Test("what is missing is reported, does not keep others, and comes back with a pull")
    func missing() async throws {
        try await source.push(version, to: remote)
        for digest in evidence {
            unlink(source.store.blobs.path(of: digest))
            let damage = try source.store.check(evidence: source.ledger.evidence())
            #expect(damage.contains { $0.object == .blob(digest) })
            try await source.push(version, to: remote)
            _ = try await source.pull(version.digest, from: remote)
            #expect(try source.store.check(evidence: evidence).isEmpty)
        }
    }

    enum Fault: CaseIterable { case damaged, removed }

    @Test(
        "a version comes without evidence that is not whole there, and says which it is",
        arguments: Fault.allCases
    )
    func notWhole(fault: Fault) async throws {
        try await source.push(version, to: remote)
        let outputs = try #require(evidence.subtracting([index]).min())
        remote.with { state in
            switch fault {
            case .damaged: state.blobs[outputs]?[0] ^= 1
            case .removed: state.blobs[outputs] = nil
            }
        }
        let pulled = try await target.pull(version.digest, from: remote)
        #expect(pulled.missingEvidence == [outputs])
        #expect(pulled.statements.count == 2)
        let named = try target.name(pulled, 1)
        #expect(named.number == 1)
        #expect(try target.store.check(evidence: evidence).map(\.object) == [.blob(outputs)])
        // Whole there again, it comes with the next pull.
        if fault == .damaged { remote.with { $0.blobs[outputs]?[0] ^= 1 } }
        try await source.push(version, to: remote)
        #expect(try await target.pull(version.digest, from: remote).missingEvidence.isEmpty)
        #expect(try target.store.check(evidence: evidence).isEmpty)
    }

    @Test("of more evidence than anybody takes in the first is listed, and the rest is said")
    func tooMuch() throws {
        let blobs = source.store.blobs
        let all = try EvidenceList(of: evidence, in: blobs, blobLimit: 3)
        #expect(all.blobs.count == 3)
        #expect(all.remark == nil)
        let some = try EvidenceList(of: evidence, in: blobs, blobLimit: 2)
        #expect(some.blobs.map(\.digest) == Array(evidence.sorted().prefix(2)))
        #expect(some.remark?.contains("rest on 3 blobs, and at most 2 travel") == true)
        // Also of what several lists name together.
        let asked: Set<Digest> = [index]
        let left = EvidenceList([all, some], namedBy: evidence, except: asked, blobLimit: 2)
        #expect(left.blobs.count == 1)
        #expect(asked.isDisjoint(with: left.blobs.map(\.digest)))
    }

    @Test("only what a statement names is taken in, and nothing that is too large")
    func refused() async throws {
        try await source.push(version, to: remote)
        let other = Array("something else".utf8)
        try offer([Digest.of(other): other.count])
        remote.with { $0.blobs[Digest.of(other)] = other }
        _ = try await target.pull(version.digest, from: remote)
        #expect(!target.store.blobs.contains(Digest.of(other)))
        try offer([index: EvidenceList.blobByteLimit + 1])
        #expect(try await target.pull(version.digest, from: remote).missingEvidence.isEmpty)
        remote.with { state in
            state.referrers[version.digest]?.removeAll { $0.artifactType == .evidenceBlobs }
        }
        try offer([index: EvidenceList.blobByteLimit + 1])
        let new = try Site(storeID: "ef56")
        #expect(try await new.pull(version.digest, from: remote).missingEvidence == [index])
    }

    /// Puts a list beside the version, as anybody could who may push.
    private func offer(_ blobs: [Digest: Int]) throws {
        let bytes = EvidenceList(blobs).manifest(of: version.digest, byteCount: 1).canonicalBytes
        let descriptor = Descriptor(
            mediaType: .imageManifest,
            digest: Digest.of(bytes),
            byteCount: bytes.count,
            artifactType: .evidenceBlobs
        )
        remote.with {
            $0.manifests[descriptor.digest] = bytes
            $0.referrers[version.digest, default: []].append(descriptor)
        }
    }

    @Test("a stranger's statement gets no blob out of a store by naming it")
    func stranger() async throws {
        let secret = Array("secret".utf8)
        try source.evaluate(version, outputs: Digest.of(secret))
        try await source.push(version, to: remote)
        _ = try target.store.blobs.put(secret)
        let pulled = try await target.pull(version.digest, from: remote)
        _ = try target.name(pulled, 1)
        let onward = MemoryRemote()
        try await target.push(target.record(version.digest), to: onward)
        #expect(onward.with { $0.blobs[Digest.of(secret)] } == nil)
        #expect(try target.ledger.evidence().isEmpty)
        // Whose keys count is no stranger.
        _ = try target.ledger.trust(source.ledger.ownKeys(), roles: [.evaluator])
        #expect(try target.reopened().evidence() == evidence.union([Digest.of(secret)]))
    }
}
