// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotFiles
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotCatalog

@Suite struct GoldenTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func copy(_ format: GoldenStore.Format) throws -> GoldenStore {
        let target = directory.path + "/copy"
        try GoldenStore.copy(format.path, to: target)
        return try GoldenStore(opening: target)
    }

    @Test(
        "writes the golden stores that are not there",
        .enabled(if: unsafe getenv("INGOT_WRITE_GOLDEN") != nil)
    )
    func write() throws {
        for format in GoldenStore.Format.allCases where try Files.entry(at: format.path) == nil {
            let root = directory.path + "/\(format.rawValue)"
            try GoldenStore(making: format, at: root).write(to: format.path)
        }
    }

    @Test("a store of format version 1 opens, is whole, and gives back its files")
    func opens() throws {
        let golden = try copy(.v1)
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

    @Test(
        "a store of a later schema opens: names, log, runs and every byte are as they were",
        arguments: [GoldenStore.Format.v2, .v3]
    )
    func opensLater(format: GoldenStore.Format) throws {
        let golden = try copy(format)
        let catalog = golden.catalog
        let data = try RepositoryName(parsing: "golden/data")
        let versions = try catalog.versions(of: data)
        #expect(versions.map(\.number) == [1, 2])
        let latest = try #require(try catalog.tags(of: data).first)
        #expect(try catalog.tags(of: data).count == 1)
        #expect(latest.tag.text == "latest" && latest.counter == 2)
        #expect(latest.digest == versions[1].digest)
        #expect(try catalog.tagHistory(data, Tag(parsing: "candidate")).count == 1)

        let adapters = try RepositoryName(parsing: "golden/adapters")
        let production = try Tag(parsing: "production")
        #expect(
            try catalog.tagHistory(adapters, production).map(\.act)
                == [.promoted, .promoted, .rolledBack]
        )
        #expect(try catalog.environment(named: "production").counter == 1)
        #expect(
            try catalog.resolve(Reference(parsing: "golden/adapters:production"))
                == catalog.resolve(Reference(parsing: "golden/adapters:v1"))
        )
        let pulled = try catalog.resolve(Reference(parsing: "golden/pulled:v7"))
        #expect(try catalog.statements(about: pulled).map(\.role) == ["publisher"])

        #expect(try catalog.runs().map(\.state) == [.interrupted, .succeeded])
        let run = RunID(number: 1)
        #expect(try catalog.run(run).outputs["adapter"] == "golden/adapters:v1")
        #expect(try catalog.metrics(of: run).filter { $0.name == "loss" }.map(\.value) == [2, 1])
        #expect(try catalog.cachedStep(key: GoldenStore.cacheKey) == ["run": "r1"])
        #expect(try catalog.hasLink(blob: versions[0].digest, in: data))

        #expect(try catalog.replay().isEmpty)
        #expect(try golden.damage().isEmpty)
    }

    @Test("what was pushed again after its removal is on its way, and no garbage")
    func pushedAgainV3() throws {
        let golden = try copy(.v3)
        let removed = try #require(try golden.catalog.namedDigests().removed.first)
        let stale = StaleLinks(uploadSeconds: 1 << 40, begun: .max)
        try golden.catalog.prune(stale)
        #expect(try golden.catalog.namedDigests().linkedManifests == [removed])
    }

    @Test("a number that was removed is given to the same content again, and to no other")
    func goesOnV2() throws {
        let golden = try copy(.v2)
        let data = try RepositoryName(parsing: "golden/data")
        for (text, number) in [("row 4\n", 4), ("row 3\n", 3)] {
            let written = try golden.store.writeVersion(
                kind: .dataset,
                config: [:],
                files: [FileSource(path: "file.txt", content: .bytes(Array(text.utf8)))]
            )
            try golden.append(
                .datasetAdded,
                [.version(repository: data, digest: written.manifestDigest, kind: .dataset)]
            )
            #expect(
                try golden.catalog.resolve(Reference(parsing: "golden/data:v\(number)"))
                    == written.manifestDigest
            )
        }
        #expect(try golden.catalog.replay().isEmpty)
    }

    @Test(
        "the same content, added today, has the same digests and the same log",
        arguments: GoldenStore.Format.allCases
    )
    func sameToday(format: GoldenStore.Format) throws {
        let golden = try copy(format)
        let today = try GoldenStore(making: format, at: directory.path + "/today")
        for name in try golden.catalog.repositories() {
            #expect(try today.catalog.versions(of: name) == golden.catalog.versions(of: name))
        }
        #expect(try today.catalog.treeHead() == golden.catalog.treeHead())
        #expect(try today.catalog.signedHead() == golden.catalog.signedHead())
        let layout = today.catalog.layout
        #expect(try Files.read(layout.index) == Files.read(format.path + "/index.json"))
    }

    enum Injury: CaseIterable { case flipped, truncated, removed }

    @Test("fsck names exactly the blob that was damaged in a copy", arguments: Injury.allCases)
    func damaged(injury: Injury) throws {
        let golden = try copy(.v1)
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
            let found = try golden.damage()
            #expect(found.map(\.object) == [.blob(digest)], "\(digest)")
            try Files.replace(path, with: bytes)
        }
    }
}
