// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotRemote
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotTransfer

@Suite("Push") struct PushTests {
    @Test("what is there is not sent again, and a small change is a small transfer")
    func onlyMissing() async throws {
        let site = try Site()
        let remote = MemoryRemote()
        let first = try site.add(FileSource.sample)
        let whole = try await site.push(first, to: remote)
        #expect(whole.report.sentByteCount == remote.with { $0.sent })
        #expect(whole.report.sentByteCount > 3_000_000)
        let again = try await site.push(first, to: remote)
        #expect(again.report.sentByteCount == 0)
        #expect(again.report.sentCount == 0)
        #expect(again.number == 1)
        var files = FileSource.sample
        files[7] = .bytes("small/7", Array("changed".utf8))
        let change = try await site.push(site.add(files), to: remote)
        #expect(change.report.sentByteCount < 20_000)
        #expect(change.number == 2)
    }

    @Test("of a pack whose chunks are mostly there, only the others are sent")
    func looseChunks() async throws {
        let site = try Site()
        let remote = MemoryRemote()
        // One pack with both versions' chunks: the second is half there by the first.
        let other = try Site()
        let large = SeededBytes.bytes(2_000_000, seed: 5)
        try await site.push(site.add([.bytes("a", large)]), to: remote)
        let both = try other.add([
            .bytes("a", large), .bytes("b", SeededBytes.bytes(9000, seed: 6)),
        ])
        let sent = try await other.push(both, to: remote).report
        #expect(sent.sentByteCount < 40_000)
        let reader = try Site()
        _ = try await reader.pull(both.digest, from: remote)
        #expect(try reader.contents(of: both.digest) == other.contents(of: both.digest))
    }

    @Test("a push that broke off anywhere names nothing, and the next one sends the rest")
    func interrupted() async throws {
        let site = try Site()
        let version = try site.add(FileSource.sample)
        let complete = MemoryRemote()
        let total = try await site.push(version, to: complete).report.sentCount
        for count in 0..<total {
            let remote = MemoryRemote()
            remote.with { $0.blobsLeft = count }
            let error = await #expect(throws: RemoteError.self) {
                try await site.push(version, to: remote)
            }
            #expect(error?.reason == .unreachable)
            #expect(remote.with { $0.tags.isEmpty && $0.manifests.isEmpty })
            remote.with { $0.blobsLeft = .max }
            #expect(try await site.push(version, to: remote).report.sentCount == total - count)
        }
    }

    @Test("a pack that was removed there because it was damaged is sent again")
    func repairsPack() async throws {
        let site = try Site()
        let remote = MemoryRemote()
        let version = try site.add(FileSource.sample)
        try await site.push(version, to: remote)
        let pack = try #require(try site.store.index.packs().first)
        let whole = try #require(remote.with { $0.blobs.removeValue(forKey: pack) })
        #expect(try await site.push(version, to: remote).report.sentByteCount == whole.count)
        #expect(remote.with { $0.blobs[pack] == whole })
    }

    @Test("a number that is taken there becomes the next one, also when it is taken meanwhile")
    func renumbers() async throws {
        let remote = MemoryRemote()
        let others = try Site()
        try await others.push(others.add([.bytes("theirs", [1])]), to: remote)
        let site = try Site()
        #expect(try await site.push(site.add([.bytes("mine", [2])]), to: remote).number == 2)
        let third = try site.add([.bytes("mine", [3])])
        let first = try #require(remote.with { $0.tags[.version(1)] })
        // Somebody takes v3 between the look and the move, and v3 is v2 here.
        remote.with { $0.beforeMove = { $0.tags[.version(3)] = first } }
        #expect(third.number == 2)
        #expect(try await site.push(third, to: remote).number == 4)
        #expect(try await site.push(third, to: remote).number == 4)
        #expect(remote.with { $0.tags[.version(4)]?.digest } == third.digest)
    }

    @Test("a tag that somebody else moved stays where it is")
    func lostSwap() async throws {
        let remote = MemoryRemote()
        let site = try Site()
        let tags = RemoteTags(remote: remote, repository: Site.repository)
        let tag = try Tag(parsing: "latest")
        var versions: [Descriptor] = []
        for byte in UInt8(1)...3 {
            let version = try site.add([.bytes("file", [byte])])
            try await site.push(version, to: remote)
            versions.append(try #require(remote.with { $0.tags[.version(Int(byte))] }))
        }
        try await tags.move(tag, to: versions[0], known: [])
        try await tags.move(tag, to: versions[1], known: [versions[0].digest])
        // It names what this store never saw there.
        let unseen = await #expect(throws: RemoteError.self) {
            try await tags.move(tag, to: versions[2], known: [versions[0].digest])
        }
        #expect(unseen?.reason == .conflict)
        #expect(unseen?.message.contains("pull it first") ?? false)
        // It moves between the look and the swap.
        let third = versions[2]
        remote.with { $0.beforeMove = { $0.tags[tag] = third } }
        let lost = await #expect(throws: RemoteError.self) {
            try await tags.move(tag, to: versions[0], known: [versions[1].digest])
        }
        #expect(lost?.reason == .conflict)
        #expect(remote.with { $0.tags[tag]?.digest } == third.digest)
    }
}
