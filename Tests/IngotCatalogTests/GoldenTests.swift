// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotCatalog

/// What `registry/golden/v1` holds, and how it was made.
///
/// Run this suite with INGOT_WRITE_GOLDEN=1 to make the golden store of a new format version; a
/// golden store that exists is never made again.
struct GoldenStore {
    let store: Store
    let catalog: Catalog

    /// `registry/golden/v1` of the checkout that this file is compiled from.
    static var path: String {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/registry/golden/v1"
    }

    init(opening root: String) throws {
        catalog = try Catalog(opening: root)
        store = Store(blobs: try BlobStore(opening: root), index: catalog.chunkIndex)
    }

    init(makingAt root: String) throws {
        let blobs = try BlobStore.create(at: root)
        catalog = try Catalog.create(at: root)
        store = Store(blobs: blobs, index: catalog.chunkIndex)
        try fill()
    }

    private static func text(_ seed: Int, lines: Int) -> [UInt8] {
        Array((0..<lines).map { "\(seed) line \($0 * $0 % 9973) of a golden file\n" }.joined().utf8)
    }

    /// 70 chunks of 128 KiB: runs of one byte have no boundary.
    private static var long: [UInt8] {
        (0..<70).flatMap { [UInt8](repeating: $0, count: 128 << 10) }
    }

    /// An empty file, an executable one, one of several chunks and one of more than 64.
    static var files: [(path: String, isExecutable: Bool, bytes: [UInt8])] {
        [
            ("data/empty", false, []), ("data/long.bin", false, long),
            ("data/middle.txt", false, text(1, lines: 4000)),
            ("run.sh", true, Array("#!/bin/sh\n".utf8)),
            ("übung/datei.txt", false, Array("größer\n".utf8)),
        ]
    }

    /// Enough files for a tree of two levels.
    private static var manyFiles: [FileSource] {
        (0..<900).map {
            FileSource(path: "many/\($0 % 7)/\($0).txt", content: .bytes(Array("n".utf8)))
        }
    }

    private func fill() throws {
        let data = try RepositoryName(parsing: "golden/data")
        let adapters = try RepositoryName(parsing: "golden/adapters")
        let sources = Self.files.map {
            FileSource(path: $0.path, isExecutable: $0.isExecutable, content: .bytes($0.bytes))
        }
        let first = try store.writeVersion(
            kind: .dataset,
            config: ["format": "text"],
            files: sources
        )
        let second = try store.writeVersion(
            kind: .dataset,
            config: ["format": "text"],
            files: sources + Self.manyFiles
        )
        let adapter = try store.writeVersion(
            kind: .adapter,
            config: ["rank": 8],
            files: Array(sources.suffix(1)),
            annotations: ["org.example.note": "golden"]
        )
        let bundle = try store.blobs.put(Array(#"{"golden":"bundle"}"#.utf8))
        let latest = try Tag(parsing: "latest")
        let production = try Tag(parsing: "production")
        let entries: [(Act, [Change])] = [
            (.storeCreated, [.key(role: "log", keyID: "k1", pem: "PEM\n", detail: .null)]),
            (
                .datasetAdded,
                [
                    .version(repository: data, digest: first.manifestDigest, kind: .dataset),
                    .statement(
                        subject: first.manifestDigest,
                        envelope: bundle,
                        referrer: bundle,
                        predicateType: "https://example.org/added/v1",
                        role: "publisher"
                    ),
                ]
            ),
            (
                .datasetAdded,
                [.version(repository: data, digest: second.manifestDigest, kind: .dataset)]
            ),
            (
                .adapterTrained,
                [.version(repository: adapters, digest: adapter.manifestDigest, kind: .adapter)]
            ),
            (
                .tagMoved,
                [
                    .tag(
                        repository: data,
                        tag: latest,
                        from: nil,
                        to: first.manifestDigest
                    )
                ]
            ),
            (
                .tagMoved,
                [
                    .tag(
                        repository: data,
                        tag: latest,
                        from: first.manifestDigest,
                        to: second.manifestDigest
                    )
                ]
            ),
            (
                .environmentSet,
                [
                    .environment(
                        name: "production",
                        definition: ["repository": "golden/adapters", "gates": ["accuracy"]]
                    )
                ]
            ),
            (
                .promoted,
                [
                    .tag(
                        repository: adapters,
                        tag: production,
                        from: nil,
                        to: adapter.manifestDigest
                    )
                ]
            ),
            (.keyRevoked, [.keyRevoked(keyID: "k1", reason: "replaced")]),
        ]
        for (number, (act, changes)) in entries.enumerated() {
            let time = 1_767_225_600 + Int64(number)
            let draft = LogEntryDraft(act: act, actor: "k1", time: time, changes: changes)
            _ = try catalog.append(draft, sign: Self.note)
        }
    }

    private static let origin = "ingot.example/log1"

    /// A signed note by the Ed25519 key whose seed is 00 01 … 1f, by the rules of c2sp.org/signed-
    /// note.
    private static func note(_ head: TreeHead) throws -> String {
        let key = try Ed25519SigningKey(seed: Array(0..<32))
        let body = "\(origin)\n\(head.size)\n\(Base64.encode(head.root.bytes))\n"
        let identity = Array("\(origin)\n".utf8) + [1] + (try publicBytes(key))
        let signature = Digest.of(identity).bytes.prefix(4) + (try key.sign(Array(body.utf8)))
        return "\(body)\n— \(origin) \(Base64.encode(signature))\n"
    }

    private static func publicBytes(_ key: Ed25519SigningKey) throws -> [UInt8] {
        key.publicKey.bytes
    }
}

@Suite struct GoldenTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A copy, because opening a store writes to it.
    private func copy() throws -> GoldenStore {
        let target = directory.path + "/copy"
        try Self.copy(GoldenStore.path, to: target)
        return try GoldenStore(opening: target)
    }

    private static func copy(_ source: String, to target: String) throws {
        try Files.makeDirectories(target)
        for name in try Files.names(in: source) {
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            switch try Files.entry(at: from) {
            case .directory: try copy(from, to: to)
            default: try Files.replace(to, with: try Files.read(from))
            }
        }
    }

    @Test(
        "writes the golden store",
        .enabled(if: unsafe getenv("INGOT_WRITE_GOLDEN") != nil)
    )
    func write() throws {
        let made = try GoldenStore(makingAt: directory.path + "/made")
        try made.catalog.database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try #require(try Files.entry(at: GoldenStore.path) == nil)
        let root = made.store.blobs.root
        for name in ["blobs", "log"] {
            try Self.copy("\(root)/\(name)", to: "\(GoldenStore.path)/\(name)")
        }
        for name in ["oci-layout", "index.json", "catalog.sqlite"] {
            try Files.replace(
                "\(GoldenStore.path)/\(name)",
                with: try Files.read("\(root)/\(name)")
            )
        }
    }

    @Test("a store of format version 1 opens, is whole, and gives back its files")
    func opens() throws {
        let golden = try copy()
        let data = try RepositoryName(parsing: "golden/data")
        let versions = try golden.catalog.versions(of: data)
        #expect(versions.map(\.number) == [1, 2])
        #expect(
            try golden.catalog.resolve(Reference(parsing: "golden/data:latest"))
                == versions[1].digest
        )
        #expect(try golden.store.check(manifests: versions.map(\.digest)).isEmpty)
        #expect(try golden.catalog.replay().isEmpty)
        let entries = try golden.store.readTree(of: versions[0].digest)
        #expect(entries.map(\.path) == GoldenStore.files.map(\.path))
        for (entry, file) in zip(entries, GoldenStore.files) {
            #expect(entry.isExecutable == file.isExecutable)
            #expect(try golden.store.readFile(entry) == file.bytes)
        }
        #expect(try golden.store.readTree(of: versions[1].digest).count == 905)
        #expect(try golden.catalog.environment(named: "production").counter == 1)
        #expect(try golden.catalog.keys().first?.revocation?.reason == "replaced")
    }

    @Test("the same content, added today, has the same digests and the same log")
    func sameToday() throws {
        let golden = try copy()
        let today = try GoldenStore(makingAt: directory.path + "/today")
        for name in try golden.catalog.repositories() {
            #expect(try today.catalog.versions(of: name) == golden.catalog.versions(of: name))
        }
        #expect(try today.catalog.treeHead() == golden.catalog.treeHead())
        #expect(try today.catalog.signedHead() == golden.catalog.signedHead())
        let layout = today.catalog.layout
        #expect(try Files.read(layout.index) == Files.read(GoldenStore.path + "/index.json"))
    }

    enum Injury: CaseIterable { case flipped, truncated, removed }

    @Test("fsck names exactly the blob that was damaged in a copy", arguments: Injury.allCases)
    func damaged(injury: Injury) throws {
        let golden = try copy()
        for digest in try golden.store.blobs.digests() {
            let path = golden.store.blobs.path(of: digest)
            let bytes = try Files.read(path)
            switch injury {
            case .flipped:
                var flipped = bytes
                flipped[bytes.count / 3] ^= 0x40
                try Files.replace(path, with: flipped)
            case .truncated: try Files.replace(path, with: Array(bytes.dropLast()))
            case .removed: try Files.remove(path)
            }
            let versions = try golden.catalog.repositories().flatMap {
                try golden.catalog.versions(of: $0).map(\.digest)
            }
            let statements = try golden.catalog.statements().map(\.envelope)
            let found = try golden.store.check(manifests: versions, blobs: statements)
            #expect(found.map(\.object) == [.blob(digest)], "\(digest)")
            try Files.replace(path, with: bytes)
        }
    }
}
