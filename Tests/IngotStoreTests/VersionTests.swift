// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotStore

/// A store with an index in memory, in a directory of its own.
struct TestStore {
    let directory: TemporaryDirectory
    let store: Store

    init() throws {
        directory = try TemporaryDirectory()
        store = Store(
            blobs: try BlobStore.create(at: directory.path + "/.ingot"),
            index: MemoryChunkIndex()
        )
    }

    func add(_ files: [FileSource], kind: Kind = .dataset) throws -> WrittenVersion {
        try store.writeVersion(kind: kind, config: ["format": "test"], files: files)
    }
}

extension FileSource {
    static func bytes(_ path: String, _ bytes: [UInt8], isExecutable: Bool = false) -> FileSource {
        FileSource(path: path, isExecutable: isExecutable, content: .bytes(bytes))
    }
}

@Suite struct VersionTests {
    private let small: [FileSource] = [
        .bytes("b.txt", Array("bee".utf8)),
        .bytes("a/run.sh", Array("#!/bin/sh\n".utf8), isExecutable: true),
        .bytes("empty", []),
        .bytes("a/large.bin", SeededBytes.bytes(700_000, seed: 3)),
    ]

    @Test("gives back every file of a version, in order of the paths")
    func roundTrip() throws {
        let test = try TestStore()
        let version = try test.add(small)
        #expect(version.fileCount == 4)
        #expect(version.byteCount == 700_013)
        let entries = try test.store.readTree(of: version.manifestDigest)
        #expect(entries.map(\.path) == ["a/large.bin", "a/run.sh", "b.txt", "empty"])
        #expect(entries.map(\.isExecutable) == [false, true, false, false])
        for entry in entries {
            let source = try #require(small.first { $0.path == entry.path })
            guard case .bytes(let bytes) = source.content else { continue }
            #expect(try test.store.readFile(entry) == bytes)
            #expect(entry.digest == Digest.of(bytes))
            #expect(entry.byteCount == bytes.count)
        }
        #expect(try test.store.config(of: version.manifest) == ["format": "test"])
        #expect(try test.store.check().isEmpty)
    }

    @Test("the same files have one digest, whatever the store held before")
    func digestDependsOnContent() throws {
        let first = try TestStore()
        let second = try TestStore()
        _ = try second.add([
            .bytes("x", SeededBytes.bytes(300_000, seed: 3)), .bytes("y", Array("bee".utf8)),
        ])
        let digest = try first.add(small).manifestDigest
        #expect(try second.add(small.reversed()).manifestDigest == digest)
        // From files instead of memory, too.
        for file in small {
            guard case .bytes(let bytes) = file.content else { continue }
            try first.directory.write(bytes, to: "data/\(file.path)")
        }
        let third = try TestStore()
        let fromDisk = try FileSource.files(in: first.directory.path + "/data").map {
            FileSource(
                path: $0.path,
                isExecutable: $0.path == "a/run.sh",
                content: $0.content
            )
        }
        #expect(try third.add(fromDisk).manifestDigest == digest)
        #expect(try first.add(small).newByteCount == 0)
    }

    @Test("each part of the content is part of the digest")
    func digestCoversAll() throws {
        let test = try TestStore()
        let base = try test.add([.bytes("a", [1])]).manifestDigest
        let variants = [
            try test.add([.bytes("b", [1])]), try test.add([.bytes("a", [2])]),
            try test.add([.bytes("a", [1], isExecutable: true)]),
            try test.add([.bytes("a", [1])], kind: .adapter),
            try test.store.writeVersion(
                kind: .dataset,
                config: [:],
                files: [.bytes("a", [1])]
            ),
            try test.store.writeVersion(
                kind: .dataset,
                config: ["format": "test"],
                files: [.bytes("a", [1])],
                annotations: ["k": "v"]
            ),
        ].map(\.manifestDigest)
        #expect(Set(variants + [base]).count == variants.count + 1)
    }

    @Test("a few bytes inserted in a large file store a few chunks")
    func deduplicates() throws {
        let test = try TestStore()
        var bytes = SeededBytes.bytes(12 << 20, seed: 5)
        let first = try test.add([.bytes("big", bytes)])
        #expect(first.newByteCount > 12 << 20)
        bytes.insert(contentsOf: SeededBytes.bytes(1000, seed: 6), at: 4 << 20)
        let second = try test.add([.bytes("big", bytes)])
        #expect(second.newByteCount < 400 << 10)
        let entry = try #require(try test.store.readTree(of: second.manifestDigest).first)
        #expect(try test.store.readFile(entry) == bytes)
        #expect(try test.store.check().isEmpty)
    }

    @Test("a large file of a checkpoint is one blob that can be mapped; of a dataset it is chunks")
    func rawFiles() throws {
        let test = try TestStore()
        let large = SeededBytes.bytes(16 << 20, seed: 7)
        let files: [FileSource] = [
            .bytes("model.safetensors", large), .bytes("config.json", Array("{}".utf8)),
            .bytes("almost", Array(large.dropLast())),
        ]
        let version = try test.add(files, kind: .checkpoint)
        let entries = try test.store.readTree(of: version.manifestDigest)
        let raw = try #require(entries.first { $0.path == "model.safetensors" })
        let path = try #require(test.store.rawPath(raw))
        #expect(try MappedFile(path: path).byteCount == large.count)
        #expect(try test.store.readFile(raw) == large)
        #expect(entries.filter { test.store.rawPath($0) != nil }.count == 1)
        let layer = try #require(version.manifest.layers.last)
        #expect(layer.mediaType == .rawFile)
        #expect(layer.annotations == ["org.opencontainers.image.title": "model.safetensors"])
        let dataset = try test.add(files, kind: .dataset)
        #expect(dataset.manifest.layers.count == 1)
    }

    @Test(
        "refuses a path that would leave its directory or cannot be a file's name",
        arguments: [
            "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a/.", "a\nb", "a\u{7F}b",
            "a\u{0}b", String(repeating: "x", count: 256),
            String(repeating: "abcdefg/", count: 512) + "x",
        ]
    )
    func badPaths(path: String) throws {
        let test = try TestStore()
        #expect(throws: StoreError.self) { try test.add([.bytes(path, [1])]) }
    }

    @Test("refuses a path that occurs twice and a file that is also a directory")
    func pathConflicts() throws {
        let test = try TestStore()
        #expect(throws: StoreError.self) { try test.add([.bytes("a", [1]), .bytes("a", [1])]) }
        #expect(throws: StoreError.self) {
            try test.add([.bytes("a", [1]), .bytes("a-b", [1]), .bytes("a/b", [1])])
        }
        // Canonically equivalent names are different files.
        let both = try test.add([.bytes("\u{E9}", [1]), .bytes("e\u{301}", [2])])
        #expect(both.fileCount == 2)
    }

    @Test("refuses links and special files, and names them")
    func links() throws {
        let test = try TestStore()
        let root = test.directory.path + "/data"
        try test.directory.write([1], to: "data/sub/real")
        try test.directory.write([1], to: "data/.git/config")
        #expect(try FileSource.files(in: root).map(\.path) == ["sub/real"])
        #expect(unsafe symlink("real", root + "/sub/link") == 0)
        let error = #expect(throws: StoreError.self) { try FileSource.files(in: root) }
        #expect(error?.message.contains("sub/link") == true)
        let source = FileSource(path: "x", content: .file(path: root + "/sub/link"))
        #expect(throws: StoreError.self) { try test.add([source]) }
        #expect(throws: StoreError.self) {
            try test.add([FileSource(path: "x", content: .file(path: root + "/nothing"))])
        }
    }

    @Test("refuses an image, which has no tree, and a config that no reader would take")
    func notAVersion() throws {
        let test = try TestStore()
        #expect(throws: StoreError.self) { try test.add(small, kind: .image) }
        #expect(throws: StoreError.self) {
            try test.store.writeVersion(
                kind: .dataset,
                config: ["x": .string(String(repeating: "x", count: Manifest.byteLimit))],
                files: small
            )
        }
    }

    @Test("refuses a file that changes while it is read")
    func changing() throws {
        let test = try TestStore()
        try test.directory.write(SeededBytes.bytes(5 << 20, seed: 1), to: "big")
        let path = test.directory.path + "/big"
        let source = FileSource(path: "big", content: .file(path: path))
        var reports = 0
        let error = #expect(throws: StoreError.self) {
            try test.store.writeVersion(kind: .dataset, config: [:], files: [source]) { _ in
                // The first report comes before the file is read, the second when it was.
                reports += 1
                if reports == 2 { try Files.append([1], to: path) }
            }
        }
        #expect(error?.message.contains("changed while it was read") == true)
        #expect(try test.store.blobs.digests().isEmpty)
    }

    @Test("stops where the progress report throws, and leaves no version")
    func cancelled() throws {
        struct Stop: Error {}
        let test = try TestStore()
        #expect(throws: Stop.self) {
            try test.store.writeVersion(kind: .dataset, config: [:], files: small) {
                if $0.filesDone >= 2 { throw Stop() }
            }
        }
        #expect(try test.store.blobs.digests().isEmpty)
    }
}
