// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotFiles
import IngotRemote
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotTransfer

@Suite("Receipts that travel") struct ReceiptTransferTests {
    private let source: Site
    private let target: Site
    private let remote = MemoryRemote()
    private let version: VersionRecord
    private let envelope: Digest
    private let receipt: Receipt
    private let log: String

    init() async throws {
        source = try Site(storeID: "ab12")
        target = try Site(storeID: "cd34")
        version = try source.add([.bytes("file", [1])])
        envelope = try #require(source.catalog.statements(about: version.digest).first).envelope
        receipt = try source.ledger.receipt(ofEntry: version.logIndex)
        log = try source.ledger.keys.trust.log.name
        try await source.push(version, to: remote)
    }

    /// Pulls and names the version.
    @discardableResult
    private func pull(into site: Site, from remote: MemoryRemote) async throws -> PulledNames {
        let pulled = try await site.pull(version.digest, from: remote)
        return try site.reopened().record(
            pulled: pulled,
            in: Site.repository,
            number: 1,
            tag: nil
        )
    }

    private func trustSource(in site: Site, roles: Set<Role> = [.publisher, .log]) throws {
        _ = try site.ledger.trust(source.ledger.ownKeys(), roles: roles)
    }

    private func proof(in site: Site) throws -> StatementProof? {
        try site.reopened().proofs(about: version.digest)[envelope]
    }

    @Test("a receipt comes with its statement, once, and proves it once the log's key counts")
    func travels() async throws {
        #expect(try await source.push(version, to: remote).report.sentByteCount == 0)
        let named = try await pull(into: target, from: remote)
        #expect(named.unknownLogs == [log])
        #expect(named.proved == 0)
        #expect(named.receiptFaults.isEmpty)
        #expect(try proof(in: target) == .logNotTrusted(log: log))
        try trustSource(in: target)
        #expect(try proof(in: target) == .receipt(log: log, index: version.logIndex))
        #expect(try source.ledger.proofs(about: version.digest) == [envelope: .ownLog])
        remote.with { $0.received = 0 }
        let again = try await pull(into: target, from: remote)
        #expect(remote.with { $0.received } == 0)
        #expect(again.proved == 1)
        #expect(again.unknownLogs.isEmpty)
        #expect(try target.ledger.verify(version.digest).findings.count == 1)
    }

    @Test("a log key is trusted through the log, and is not passed on")
    func logKey() throws {
        let size = try target.catalog.logSize()
        try trustSource(in: target, roles: [.log])
        #expect(try target.catalog.logSize() == size + 1)
        let trusting = try target.reopened()
        #expect(try trusting.keys.trust.logs == [source.ledger.keys.trust.log])
        let key = try #require(try target.catalog.keys().last)
        #expect(key.role == "log")
        #expect(key.detail["store"] == "ab12")
        #expect(try trusting.ownKeys().logs.isEmpty)
        #expect(try trusting.verifyLog().isValid)
        #expect(try trusting.trust(source.ledger.ownKeys(), roles: [.log]).isEmpty)
        #expect(try target.catalog.logSize() == size + 1)
        let theirs = try source.ledger.ownKeys()
        let wrong = TrustFile(storeID: "ef56", log: theirs.log, entries: theirs.entries)
        #expect(throws: EvidenceError.self) { try target.ledger.trust(wrong, roles: [.log]) }
    }

    @Test("it goes on with the statement, as what its own log said")
    func relayed() async throws {
        try await pull(into: target, from: remote)
        let onward = MemoryRemote()
        try await target.push(target.record(version.digest), to: onward)
        let third = try Site(storeID: "ef56")
        try trustSource(in: third)
        let named = try await pull(into: third, from: onward)
        #expect(named.proved == 1)
        #expect(try proof(in: third) == .receipt(log: log, index: version.logIndex))
        #expect(try third.ledger.receipts(about: version.digest, in: Site.repository) == [receipt])
    }

    @Test("it is kept as long as its version")
    func roots() async throws {
        try await pull(into: target, from: remote)
        let manifest = Digest.of(
            receipt.manifest(
                of: version.digest,
                byteCount: try target.store.blobs.byteCount(of: version.digest)
            ).canonicalBytes
        )
        let kept = try target.catalog.namedDigests()
        #expect(kept.linkedManifests == [manifest])
        #expect(kept.linkedBlobs.isSuperset(of: receipt.blobs.map { Digest.of($0) }))
        let removal = Change.versionRemoved(repository: Site.repository, digest: version.digest)
        _ = try target.ledger.append(act: .removed, role: .publisher, changes: [removal])
        try target.catalog.prune(StaleLinks(uploadSeconds: 1000, begun: .max))
        #expect(try target.catalog.namedDigests().linkedManifests.isEmpty)
    }

    /// What somebody who may push puts in a receipt's place.
    enum Lie: CaseIterable {
        case otherEntry, otherProof, forgedHead, otherVersion, noReceipt, tooLarge
        case otherBytes, missingBlob, missingManifest

        /// Whether it is seen without the log's key.
        var isPlain: Bool { self != .forgedHead }
    }

    @Test("a wrong one proves nothing, is said in one line and not kept", arguments: Lie.allCases)
    func lies(_ lie: Lie) async throws {
        try tell(lie)
        for site in [target, try Site(storeID: "ef56")] {
            let isTrusting = site.place.path == target.place.path
            if isTrusting { try trustSource(in: site) }
            let named = try await pull(into: site, from: remote)
            #expect(named.number == 1)
            #expect(named.proved == 0)
            guard lie.isPlain || isTrusting else {
                #expect(named.unknownLogs == [log])
                continue
            }
            #expect(named.receiptFaults.count == 1)
            #expect(named.receiptFaults.first?.contains("\n") == false)
            #expect(try proof(in: site) == .noReceipt)
            let kept = try site.reopened().receipts(about: version.digest, in: Site.repository)
            #expect(kept.isEmpty)
            #expect(try site.store.check().isEmpty)
        }
        // What was taken for a receipt of an unknown log is seen through once its key counts; a right
        // one beside the wrong one proves.
        let late = try Site(storeID: "aa00")
        try await pull(into: late, from: remote)
        try trustSource(in: late)
        if !lie.isPlain { #expect(try proof(in: late)?.isWrong == true) }
        try put(receipt.manifest(of: version.digest, byteCount: 1), receipt.blobs)
        let named = try await pull(into: late, from: remote)
        #expect(named.proved == 1)
        #expect(try proof(in: late) == .receipt(log: log, index: version.logIndex))
    }

    @Test("more than a thousand do not keep the version away")
    func many() async throws {
        let first = try #require(
            remote.with { $0.referrers[version.digest]?.first { $0.artifactType == .receipt } }
        )
        remote.with { state in
            for _ in 0..<Pull.referrerLimit { state.referrers[version.digest]?.append(first) }
        }
        try trustSource(in: target)
        let named = try await pull(into: target, from: remote)
        #expect(named.proved == 1)
        #expect(named.receiptFaults.count == 1)
    }

    @Test("a fault of this disk is no wrong receipt, and keeps none out of a push unsaid")
    func disk() async throws {
        let proof = Digest.of(receipt.blobs[1])
        let incoming = "\(target.place.path)/.ingot/incoming"
        let aside = "\(target.place.path)/aside"
        remote.with { state in
            state.lie = { digest, bytes in
                if digest == proof { unsafe rename(incoming, aside) }
                return bytes
            }
        }
        await #expect(throws: FileError.self) {
            try await target.pull(version.digest, from: remote)
        }
        #expect(unsafe rename(aside, incoming) == 0)
        remote.with { $0.lie = { _, bytes in bytes } }
        try await pull(into: target, from: remote)
        let receipts = { () throws -> [Receipt] in
            try target.ledger.receipts(about: version.digest, in: Site.repository)
        }
        #expect(try receipts() == [receipt])
        let path = target.store.blobs.path(of: proof)
        #expect(unsafe unlink(path) == 0)
        #expect(try receipts().isEmpty)
        #expect(unsafe symlink(path, path) == 0)
        #expect(throws: FileError.self) { try receipts() }
        #expect(throws: FileError.self) { try target.ledger.proofs(about: version.digest) }
    }

    @Test("whoever has no keys is told that no log is trusted")
    func withoutKeys() async throws {
        try await pull(into: target, from: remote)
        let bare = Ledger(
            blobs: target.store.blobs,
            catalog: target.catalog,
            keys: KeyRing(at: "\(target.place.path)/nowhere")
        )
        #expect(try bare.proofs(about: version.digest) == [envelope: .logNotTrusted(log: log)])
    }

    private func tell(_ lie: Lie) throws {
        remote.with { $0.referrers[version.digest]?.removeAll { $0.artifactType == .receipt } }
        let other = try source.add([.bytes("other", [2])])
        let foreign = try source.ledger.receipt(ofEntry: other.logIndex)
        var told = receipt
        switch lie {
        case .otherEntry: told = try Receipt(entryBytes: foreign.entryBytes, proof: receipt.proof)
        case .otherProof: told = try Receipt(entryBytes: receipt.entryBytes, proof: foreign.proof)
        case .otherVersion: told = foreign
        case .forgedHead:
            let forger = try NoteSigner(name: log, key: .generate())
            let text = try SignedNote(parsing: receipt.proof.head).text
            told = try Receipt(
                entryBytes: receipt.entryBytes,
                proof: InclusionProof(
                    index: receipt.proof.index,
                    proof: receipt.proof.proof,
                    head: forger.sign(text).description
                )
            )
        default: break
        }
        var manifest = told.manifest(of: version.digest, byteCount: 1)
        var blobs = told.blobs
        switch lie {
        case .noReceipt: manifest.layers.removeLast()
        case .tooLarge:
            blobs[1] += [UInt8](repeating: 0x0A, count: Receipt.byteLimit)
            manifest.layers[1] = Descriptor(
                mediaType: .inclusionProof,
                digest: Digest.of(blobs[1]),
                byteCount: blobs[1].count
            )
        default: break
        }
        try put(manifest, blobs)
        switch lie {
        case .otherBytes:
            remote.with { $0.blobs[Digest.of(blobs[0])]?[3] ^= 1 }
        case .missingBlob: remote.with { $0.blobs[Digest.of(blobs[1])] = nil }
        case .missingManifest:
            remote.with { $0.manifests[Digest.of(manifest.canonicalBytes)] = nil }
        default: break
        }
    }

    private func put(_ manifest: Manifest, _ blobs: [[UInt8]]) throws {
        for blob in blobs { remote.with { $0.blobs[Digest.of(blob)] = blob } }
        let bytes = manifest.canonicalBytes
        try remote.putManifest(
            bytes,
            as: Descriptor(
                mediaType: .imageManifest,
                digest: Digest.of(bytes),
                byteCount: bytes.count,
                artifactType: .receipt
            ),
            of: Site.repository
        )
    }
}

extension StatementProof {
    fileprivate var isWrong: Bool { if case .wrong = self { true } else { false } }
}
