// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct CheckTests {
    let test: TestStore
    let version: WrittenVersion

    init() throws {
        test = try TestStore()
        version = try test.add(
            [
                .bytes("config.json", Array("{}".utf8)),
                .bytes("large", SeededBytes.bytes(16 << 20, seed: 1)),
                .bytes("weights", SeededBytes.bytes(900_000, seed: 2)),
            ],
            kind: .checkpoint
        )
    }

    enum Part: CaseIterable { case config, tree, raw, pack, manifest }

    private func digest(of part: Part) throws -> Digest {
        switch part {
        case .config: version.manifest.config.digest
        case .tree: version.manifest.layers[0].digest
        case .raw: version.manifest.layers[1].digest
        case .pack: try #require(try test.store.index.packs().first)
        case .manifest: version.manifestDigest
        }
    }

    private func check() throws -> [Damage] {
        try test.store.check(manifests: [version.manifestDigest])
    }

    @Test("names exactly the blob in which a bit was flipped", arguments: Part.allCases)
    func flipped(part: Part) throws {
        #expect(try check().isEmpty)
        let digest = try digest(of: part)
        let path = test.store.blobs.path(of: digest)
        var bytes = try Files.read(path)
        bytes[bytes.count / 2] ^= 4
        try Files.replace(path, with: bytes)
        let damage = try check()
        #expect(damage.map(\.object) == [.blob(digest)])
        #expect(damage.first?.remedy.contains(path) == true)
    }

    @Test("names exactly the blob that was cut short", arguments: Part.allCases)
    func truncated(part: Part) throws {
        let digest = try digest(of: part)
        let path = test.store.blobs.path(of: digest)
        try Files.replace(path, with: Array(try Files.read(path).dropLast(100)))
        #expect(try check().map(\.object) == [.blob(digest)])
    }

    @Test(
        "names exactly the blob that is gone, and adding the content again brings it back",
        arguments: Part.allCases
    )
    func removed(part: Part) throws {
        let digest = try digest(of: part)
        try Files.remove(test.store.blobs.path(of: digest))
        #expect(try check().map(\.object) == [.blob(digest)])
        let again = try test.add(
            [
                .bytes("config.json", Array("{}".utf8)),
                .bytes("large", SeededBytes.bytes(16 << 20, seed: 1)),
                .bytes("weights", SeededBytes.bytes(900_000, seed: 2)),
            ],
            kind: .checkpoint
        )
        #expect(again.manifestDigest == version.manifestDigest)
        #expect(try check().isEmpty)
    }

    @Test("a pack that is gone and that no version needs leaves the index with the remedy named")
    func needless() throws {
        let before = Set(try test.store.index.packs())
        try test.add([.bytes("other", SeededBytes.bytes(200_000, seed: 7))])
        let pack = try #require(try test.store.index.packs().first { !before.contains($0) })
        try Files.remove(test.store.blobs.path(of: pack))
        let damage = try check()
        #expect(damage.map(\.object) == [.blob(pack)])
        #expect(damage.first?.remedy.contains("--rebuild-index") == true)
        _ = try test.store.rebuildIndex()
        #expect(try check().isEmpty)
    }

    @Test("reading a damaged file throws, and never gives wrong bytes")
    func reading() throws {
        let pack = try digest(of: .pack)
        let path = test.store.blobs.path(of: pack)
        var bytes = try Files.read(path)
        bytes[bytes.count / 2] ^= 1
        try Files.replace(path, with: bytes)
        let entries = try test.store.readTree(of: version.manifestDigest)
        let weights = try #require(entries.first { $0.path == "weights" })
        let error = #expect(throws: StoreError.self) { try test.store.readFile(weights) }
        #expect(error?.message.contains(pack.description) == true)
        #expect(throws: StoreError.self) {
            try test.store.checkout(
                manifest: version.manifestDigest,
                into: test.directory.path + "/out"
            )
        }
        let raw = try #require(entries.first { $0.path == "large" })
        let rawPath = try #require(test.store.rawPath(raw))
        try Files.replace(rawPath, with: Array(try Files.read(rawPath).dropLast()))
        #expect(throws: StoreError.self) { try test.store.readFile(raw) }
    }

    @Test("names exactly the blob in whose place a directory is", arguments: Part.allCases)
    func directory(part: Part) throws {
        let digest = try digest(of: part)
        let path = test.store.blobs.path(of: digest)
        try Files.remove(path)
        try Files.makeDirectories(path)
        #expect(!test.store.blobs.contains(digest))
        #expect(try check().map(\.object) == [.blob(digest)])
    }

    @Test("what somebody adds during a check is not called missing")
    func addedMeanwhile() throws {
        var added: WrittenVersion?
        let damage = try test.store.check(manifests: [version.manifestDigest]) { _ in
            if added == nil {
                added = try test.add([.bytes("new", SeededBytes.bytes(100_000, seed: 9))])
            }
        }
        #expect(added != nil)
        #expect(damage.isEmpty)
    }

    @Test("a file that is not a blob is named")
    func strangeFile() throws {
        try test.directory.write([1], to: ".ingot/blobs/sha256/notes.txt")
        #expect(
            try check().map(\.object)
                == [.file(test.store.blobs.layout.blobs + "/notes.txt")]
        )
    }

    @Test("the index is made anew from the packs alone")
    func rebuild() throws {
        let copy = Store(blobs: test.store.blobs, index: MemoryChunkIndex())
        #expect(try copy.rebuildIndex() == 1)
        #expect(try copy.check().isEmpty)
        for entry in try copy.readTree(of: version.manifestDigest) {
            #expect(Digest.of(try copy.readFile(entry)) == entry.digest)
        }
        // A pack that went away is forgotten.
        try Files.remove(test.store.blobs.path(of: try digest(of: .pack)))
        #expect(try copy.rebuildIndex() == 0)
        #expect(try copy.index.packs().isEmpty)
    }
}
