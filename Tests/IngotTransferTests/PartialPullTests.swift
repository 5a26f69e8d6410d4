// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotFiles
import IngotRemote
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotTransfer

@Suite("PartialPull") struct PartialPullTests {
    private let source: Site
    private let target: Site
    private let remote = MemoryRemote()

    init() throws {
        source = try Site()
        target = try Site()
    }

    /// Brings a part of a version and returns its files' contents by path.
    private func get(_ paths: [String], of version: Digest) async throws -> [String: [UInt8]] {
        let pull = PartialPull(store: target.store, remote: remote, repository: Site.repository)
        let part = try await pull.files(of: version, in: TreeSelection(paths))
        try await pull.contents(of: part.entries, in: part)
        var contents: [String: [UInt8]] = [:]
        for entry in part.entries { contents[entry.path] = try target.store.readFile(entry) }
        return contents
    }

    @Test("one file of many brings little more than itself, and the version stays unknown")
    func little() async throws {
        let wanted = SeededBytes.bytes(100_000, seed: 1)
        let version = try source.add(
            (0..<5000).map { .bytes("rows/\($0)", SeededBytes.bytes(200, seed: UInt64($0))) } + [
                .bytes("large.bin", SeededBytes.bytes(20_000_000, seed: 2)),
                .bytes("wanted.bin", wanted),
            ]
        )
        try await source.push(version, to: remote)
        let before = try target.holdings()
        #expect(try await get(["wanted.bin"], of: version.digest) == ["wanted.bin": wanted])
        #expect(remote.with { $0.received } < 600_000)
        #expect(try target.holdings() == before)
        #expect(!target.store.blobs.contains(version.digest))
        #expect(try target.store.check().isEmpty)
        remote.with { $0.received = 0 }
        _ = try await get(["wanted.bin"], of: version.digest)
        #expect(remote.with { $0.received } == 0)
        // A pull afterwards brings the rest.
        _ = try await target.pull(version.digest, from: remote)
        #expect(try target.contents(of: version.digest) == source.contents(of: version.digest))
    }

    @Test("a directory, several paths and raw files come")
    func parts() async throws {
        let weights = SeededBytes.bytes(Store.rawFileByteCount, seed: 3)
        let version = try source.add(
            [
                .bytes("a/one", [1]), .bytes("a/two", [2]), .bytes("a-three", [3]),
                .bytes("model.bin", weights),
            ],
            kind: .checkpoint
        )
        try await source.push(version, to: remote)
        #expect(try await get(["a"], of: version.digest) == ["a/one": [1], "a/two": [2]])
        #expect(remote.with { $0.received } < 10_000)
        #expect(
            try await get(["model.bin", "a-three"], of: version.digest)
                == ["model.bin": weights, "a-three": [3]]
        )
    }

    @Test("a path that is not there brings no file")
    func noSuchPath() async throws {
        let version = try source.add(FileSource.sample)
        try await source.push(version, to: remote)
        let error = await #expect(throws: StoreError.self) {
            _ = try await get(["large.bin", "smal/7"], of: version.digest)
        }
        #expect(error?.message.contains("did you mean 'small/7'?") ?? false)
        #expect(remote.with { $0.received } < 100_000)
    }

    @Test("a chunk with other bytes is refused")
    func lies() async throws {
        let version = try source.add(FileSource.sample)
        try await source.push(version, to: remote)
        remote.with { state in
            state.lie = { _, bytes in
                var bytes = bytes
                bytes[0] ^= 1
                return bytes
            }
        }
        let error = await #expect(throws: RemoteError.self) {
            _ = try await get(["large.bin"], of: version.digest)
        }
        #expect(error?.message.hasPrefix("memory: ") ?? false)
        #expect(try target.store.check().isEmpty)
    }
}
