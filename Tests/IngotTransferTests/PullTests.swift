// SPDX-License-Identifier: Apache-2.0

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

@Suite("Pull") struct PullTests {
    private let source: Site
    private let remote = MemoryRemote()
    private let version: VersionRecord

    init() async throws {
        source = try Site()
        version = try source.add(FileSource.sample)
        try await source.push(version, to: remote)
    }

    @Test("the same bytes, modes and statements come, once, and count by whose keys they are")
    func whole() async throws {
        let target = try Site()
        let pulled = try await target.pull(version.digest, from: remote)
        #expect(pulled.statements.count == 1)
        #expect(try target.contents(of: version.digest) == source.contents(of: version.digest))
        let run = try target.store.readTree(of: version.digest).first { $0.path == "run.sh" }
        #expect(run?.isExecutable == true)
        let named = try target.name(pulled, version.number, tag: Tag(parsing: "latest"))
        #expect(named.number == 1)
        #expect(named.untrusted == 1)
        #expect(
            try target.catalog.statements(about: version.digest).map(\.envelope)
                == source.catalog.statements(about: version.digest).map(\.envelope)
        )
        #expect(try target.store.check(manifests: [version.digest]).isEmpty)
        remote.with { $0.received = 0 }
        let again = try await target.pull(version.digest, from: remote)
        #expect(again.receivedByteCount == 0)
        #expect(remote.with { $0.received } == 0)
        let size = try target.catalog.logSize()
        _ = try target.name(again, 1)
        #expect(try target.catalog.logSize() == size)
    }

    @Test("a small change brings its chunks and no whole pack")
    func smallChange() async throws {
        let target = try Site()
        _ = try await target.pull(version.digest, from: remote)
        var files = FileSource.sample
        files[7] = .bytes("small/7", Array("changed".utf8))
        let next = try source.add(files)
        try await source.push(next, to: remote)
        #expect(try await target.pull(next.digest, from: remote).receivedByteCount < 20_000)
        #expect(try target.contents(of: next.digest) == source.contents(of: next.digest))
    }

    @Test("a number that is taken here becomes the next one")
    func renumbers() async throws {
        let target = try Site()
        _ = try target.add([.bytes("mine", [1])])
        let pulled = try await target.pull(version.digest, from: remote)
        let named = try target.name(pulled, 1)
        #expect(named.number == 2)
    }

    enum Lie: CaseIterable {
        case otherBytes, short, long, nothing
        case missingPacks, missingRoot, missingList, otherDigest

        func apply(to remote: MemoryRemote, packs: [Digest], root: Digest) {
            remote.with { state in
                switch self {
                case .otherBytes:
                    state.lie = { _, bytes in
                        var bytes = bytes
                        if !bytes.isEmpty { bytes[bytes.count / 2] ^= 1 }
                        return bytes
                    }
                case .short: state.lie = { _, bytes in Array(bytes.dropLast()) }
                case .long: state.lie = { _, bytes in bytes + [0] }
                case .nothing: state.lie = { _, _ in [] }
                case .missingPacks: for pack in packs { state.blobs[pack] = nil }
                case .missingRoot: state.blobs[root] = nil
                case .missingList: state.referrers = [:]
                case .otherDigest:
                    // Every pack has the bytes of another blob, of the same size.
                    for pack in packs {
                        let count = state.blobs[pack]?.count ?? 0
                        state.blobs[pack] = SeededBytes.bytes(count, seed: 1)
                    }
                }
            }
        }
    }

    @Test("a remote that lies gets one clear line, and nothing has a name", arguments: Lie.allCases)
    func lies(_ lie: Lie) async throws {
        let target = try Site()
        let before = try target.holdings()
        let packs = try source.store.index.packs()
        let root = try source.store.manifest(version.digest).layers[0].digest
        lie.apply(to: remote, packs: packs, root: root)
        let error = await #expect(throws: (any Error).self) {
            try await target.pull(version.digest, from: remote)
        }
        let message = try #require((error as? any IngotError)?.message)
        #expect(!message.contains("\n"))
        #expect(message.contains("sha256:") || message.contains("pack"))
        #expect(try target.holdings() == before)
        #expect(!target.store.blobs.contains(version.digest))
        #expect(try target.store.check().isEmpty)
    }

    @Test("a pull that broke off anywhere leaves nothing named, and the next one brings the rest")
    func interrupted() async throws {
        let target = try Site()
        let packs = try source.store.index.packs()
        var rounds = 0
        while true {
            remote.with { $0.blobsLeft = 1 + rounds / 2 }
            do {
                _ = try await target.pull(version.digest, from: remote)
                break
            } catch let error as RemoteError {
                #expect(error.reason == .unreachable)
                #expect(!target.store.blobs.contains(version.digest))
                #expect(try target.store.check().isEmpty)
            }
            rounds += 1
            try #require(rounds < 30)
        }
        #expect(rounds > packs.count)
        #expect(try target.contents(of: version.digest) == source.contents(of: version.digest))
    }

    @Test("a pack that was removed because it was damaged comes again")
    func repairsPack() async throws {
        let target = try Site()
        _ = try await target.pull(version.digest, from: remote)
        for pack in try target.store.index.packs() {
            try Files.remove(target.store.blobs.path(of: pack))
        }
        #expect(try !target.store.check(manifests: [version.digest]).isEmpty)
        _ = try await target.pull(version.digest, from: remote)
        #expect(try target.store.check(manifests: [version.digest]).isEmpty)
        #expect(try target.contents(of: version.digest) == source.contents(of: version.digest))
    }

    @Test("whatever blob was removed because it was damaged comes again")
    func repairsAnything() async throws {
        let target = try Site()
        let weights = SeededBytes.bytes(Store.rawFileByteCount, seed: 8)
        let checkpoint = try source.add(
            [.bytes("model.bin", weights), .bytes("config.json", Array("{}".utf8))],
            kind: .checkpoint
        )
        try await source.push(checkpoint, to: remote)
        let pulled = try await target.pull(checkpoint.digest, from: remote)
        let named = pulled.statements.flatMap { [$0.referrer, $0.envelope] }
        let blobs = try target.store.blobs.digests()
        #expect(blobs.count >= 7)
        for blob in blobs {
            try Files.remove(target.store.blobs.path(of: blob))
            _ = try await target.pull(checkpoint.digest, from: remote)
            let damage = try target.store.check(manifests: [checkpoint.digest], blobs: named)
            #expect(damage.isEmpty, "\(blob): \(damage)")
        }
        #expect(try target.store.blobs.digests() == blobs)
    }

    @Test("raw files of a checkpoint come as the blobs they are, also without any chunks")
    func rawFiles() async throws {
        let weights = SeededBytes.bytes(Store.rawFileByteCount + 5, seed: 8)
        for extra in [[FileSource.bytes("config.json", Array("{}".utf8))], []] {
            let checkpoint = try source.add(
                [.bytes("model.bin", weights)] + extra,
                kind: .checkpoint
            )
            let sent = try await source.push(checkpoint, to: remote).report.sentByteCount
            #expect(extra.isEmpty ? sent < 10_000 : sent > weights.count)
            let target = try Site()
            let pulled = try await target.pull(checkpoint.digest, from: remote)
            #expect(pulled.kind == .checkpoint)
            let entries = try target.store.readTree(of: checkpoint.digest)
            let raw = try #require(entries.first { $0.path == "model.bin" })
            #expect(try Files.read(#require(target.store.rawPath(raw))) == weights)
            #expect(try target.store.check(manifests: [checkpoint.digest]).isEmpty)
        }
    }
}
