// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotFiles
import IngotStore
import Synchronization
import Testing

@testable import IngotServer

@Suite("Registry")
struct RegistryTests {
    /// Bytes that do not compress.
    private static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SplitMix(state: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
    }

    private struct SplitMix {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static func image(_ layer: [UInt8], annotation: String = "") -> [UInt8] {
        Manifest(
            artifactType: nil,
            config: Descriptor(mediaType: .imageConfig, digest: Digest.of("{}"), byteCount: 2),
            layers: [
                Descriptor(
                    mediaType: .imageLayer,
                    digest: Digest.of(layer),
                    byteCount: layer.count
                )
            ],
            annotations: annotation.isEmpty ? [:] : ["note": annotation]
        ).canonicalBytes
    }

    /// Pushes what `image` names.
    private func pushParts(_ layer: [UInt8], to repository: String, _ registry: TestRegistry)
        async throws
    {
        for bytes in [layer, Array("{}".utf8)] {
            #expect(try await registry.push(bytes, to: repository).status == 201)
        }
    }

    @Test("a version goes from one store to another, and its files can be read there")
    func wholeVersion() async throws {
        let source = try await TestRegistry.start()
        let target = try await TestRegistry.start()
        let content = Self.noise(700_000, seed: 1)
        let version = try source.add("file", content, to: "rows")
        let manifest = try await source.ask("GET", "/v2/rows/manifests/v1")
        #expect(Digest.of(manifest.body) == version)

        let answer = try await source.ask("GET", "/v2/rows/referrers/\(version)")
        let referrers = try #require(try JSONValue(parsing: answer.body)["manifests"]?.array)
        let types = referrers.compactMap { $0["artifactType"]?.string }.sorted()
        let expected: [MediaType] = [.sigstoreBundle, .packList, .receipt]
        #expect(types == expected.map(\.text))
        let list = try #require(
            referrers.first { $0["artifactType"] == .string(MediaType.packList.text) }?[
                "digest"
            ]?.string
        )
        let listBytes = try await source.ask("GET", "/v2/rows/manifests/\(list)").body
        let packList = try Manifest(parsing: listBytes)
        let parsed = try Manifest(parsing: manifest.body)

        for blob in [parsed.config] + parsed.layers + [packList.config] {
            let bytes = try await source.ask("GET", "/v2/rows/blobs/\(blob.digest)").body
            #expect(try await target.push(bytes, to: "team/rows").status == 201)
        }
        let early = try await target.put(manifest.body, "team/rows/manifests/v3")
        #expect(early.status == 404)
        #expect(early.code == "MANIFEST_BLOB_UNKNOWN")
        for pack in packList.layers {
            let bytes = try await source.ask("GET", "/v2/rows/blobs/\(pack.digest)").body
            #expect(try await target.push(bytes, to: "team/rows").status == 201)
        }
        let put = try await target.put(manifest.body, "team/rows/manifests/v3")
        #expect(put.status == 201)
        #expect(try await target.put(listBytes, "team/rows/manifests/\(list)").status == 201)

        let repository = try RepositoryName(parsing: "team/rows")
        let record = try #require(try target.catalog.versions(of: repository).first)
        #expect(record.number == 3)
        #expect(record.kind == .dataset)
        let entry = try #require(try target.store.readTree(of: version).first)
        #expect(try target.store.readFile(entry) == content)
        #expect(try target.store.check(manifests: [version]).isEmpty)

        // A repository that lacks the packs must not get at them by naming their chunks.
        for blob in [parsed.config] + parsed.layers {
            let bytes = try target.store.blobs.read(blob.digest)
            #expect(try await target.push(bytes, to: "spy").status == 201)
        }
        let spied = try await target.put(manifest.body, "spy/manifests/v1")
        #expect(spied.code == "MANIFEST_BLOB_UNKNOWN")
        try await source.end()
        try await target.end()
    }

    @Test("a pack whose chunks the index knows elsewhere still serves its repository")
    func movedChunks() async throws {
        let small = try await TestRegistry.start()
        let large = try await TestRegistry.start()
        let target = try await TestRegistry.start()
        let content = Self.noise(60_000, seed: 4)
        let version = try small.add("file", content, to: "rows")
        let files = [content, Self.noise(60_000, seed: 5)].enumerated().map { index, bytes in
            FileSource(path: "\(index)", isExecutable: false, content: .bytes(bytes))
        }
        _ = try large.store.writeVersion(kind: .dataset, config: [:], files: files)
        // The second pack holds all chunks of the first, so that the index forgets the first.
        for (source, repository) in [(small, "one"), (large, "two")] {
            for pack in try source.store.index.packs() {
                let bytes = try source.store.blobs.read(pack)
                #expect(try await target.push(bytes, to: repository).status == 201)
            }
        }
        #expect(try target.store.index.packs().count == 1)
        let manifest = try small.store.manifest(version)
        for blob in [manifest.config] + manifest.layers {
            let bytes = try small.store.blobs.read(blob.digest)
            #expect(try await target.push(bytes, to: "one").status == 201)
        }
        #expect(try await target.put(manifest.canonicalBytes, "one/manifests/v1").status == 201)
        for registry in [small, large, target] { try await registry.end() }
    }

    @Test("what belongs to one repository is in no other")
    func isolation() async throws {
        let registry = try await TestRegistry.start()
        let version = try registry.add("file", Self.noise(1000, seed: 2), to: "rows")
        let tree = try registry.store.manifest(version).layers[0].digest
        #expect(try await registry.ask("GET", "/v2/rows/blobs/\(tree)").status == 200)
        #expect(try await registry.ask("GET", "/v2/other/blobs/\(tree)").code == "BLOB_UNKNOWN")
        #expect(
            try await registry.ask("GET", "/v2/other/manifests/\(version)").code == "NAME_UNKNOWN"
        )
        try await registry.end()
    }

    @Test("an environment's tag cannot be pushed")
    func environment() async throws {
        let registry = try await TestRegistry.start()
        let layer = Self.noise(100, seed: 3)
        try await pushParts(layer, to: "app", registry)
        try registry.ledger.setEnvironment(
            name: "production",
            definition: ["repository": "app"]
        )
        let answer = try await registry.put(Self.image(layer), "app/manifests/production")
        #expect(answer.status == 403)
        #expect(answer.code == "DENIED")
        #expect(String(decoding: answer.body, as: UTF8.self).contains("promote"))
        #expect(try registry.catalog.tags(of: RepositoryName(parsing: "app")).isEmpty)
        try await registry.end()
    }

    @Test("of many who create a tag at once one wins")
    func race() async throws {
        let registry = try await TestRegistry.start()
        let layer = Self.noise(100, seed: 4)
        try await pushParts(layer, to: "app", registry)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<12 {
                group.addTask {
                    try await registry.put(
                        Self.image(layer, annotation: "\(index)"),
                        "app/manifests/first",
                        headers: [("If-None-Match", "*")]
                    ).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 201 } == 1)
        #expect(statuses.count { $0 == 412 } == 11)
        #expect(try registry.catalog.replay().isEmpty)
        try await registry.end()
    }

    @Test("a damaged blob is not given away whole, and a second push repairs it")
    func damage() async throws {
        let registry = try await TestRegistry.start()
        let bytes = Self.noise(3_000_000, seed: 5)
        let digest = Digest.of(bytes)
        #expect(try await registry.push(bytes, to: "app").status == 201)
        var damaged = bytes
        damaged[1_500_000] ^= 1
        let path = registry.store.blobs.path(of: digest)
        try Files.remove(path)
        try Files.replace(path, with: damaged)
        await #expect(throws: (any Error).self) {
            try await registry.ask("GET", "/v2/app/blobs/\(digest)")
        }
        #expect(try await registry.ask("HEAD", "/v2/app/blobs/\(digest)").status == 404)
        #expect(try await registry.push(bytes, to: "app").status == 201)
        #expect(try await registry.ask("GET", "/v2/app/blobs/\(digest)").body == bytes)
        try await registry.end()
    }

    @Test("a small damaged blob is missing before anybody read it, so that a push sends it again")
    func smallDamage() async throws {
        let registry = try await TestRegistry.start()
        let bytes = Self.noise(3_000, seed: 8)
        let digest = Digest.of(bytes)
        #expect(try await registry.push(bytes, to: "app").status == 201)
        try Files.replace(registry.store.blobs.path(of: digest), with: bytes.reversed())
        #expect(try await registry.ask("HEAD", "/v2/app/blobs/\(digest)").status == 404)
        #expect(try await registry.push(bytes, to: "app").status == 201)
        #expect(try await registry.ask("GET", "/v2/app/blobs/\(digest)").body == bytes)
        try await registry.end()
    }

    @Test("a large damaged blob is missing before anybody read it, so that a push sends it again")
    func unreadDamage() async throws {
        let registry = try await TestRegistry.start()
        let bytes = Self.noise(3_000_000, seed: 11)
        let digest = Digest.of(bytes)
        let path = registry.store.blobs.path(of: digest)
        #expect(try await registry.push(bytes, to: "app").status == 201)
        var damaged = bytes
        damaged[2_000_000] ^= 1
        try Files.replace(path, with: damaged)
        for _ in 0..<2 {
            #expect(try await registry.ask("HEAD", "/v2/app/blobs/\(digest)").status == 404)
        }
        #expect(try await registry.push(bytes, to: "app").status == 201)
        let head = try await registry.ask("HEAD", "/v2/app/blobs/\(digest)")
        #expect(head.status == 200)
        #expect(head.headers.first(name: "content-length") == "3000000")
        #expect(try Files.read(path) == bytes)
        try await registry.end()
    }

    @Test("a client is told no place on the registry's disk; the log is")
    func places() async throws {
        let lines = Mutex<[String]>([])
        let registry = try await TestRegistry.start(
            log: AccessLog(write: nil, writeFault: { line in lines.withLock { $0.append(line) } })
        )
        let version = try registry.add("file", Self.noise(100, seed: 12), to: "rows")
        let manifest = try await registry.ask("GET", "/v2/rows/manifests/v1").body
        let tree = try #require(try Manifest(parsing: manifest).layers.first).digest
        for digest in [tree, version] {
            let path = registry.store.blobs.path(of: digest)
            let bytes = try Files.read(path)
            try Files.replace(path, with: bytes.reversed())
            let target = "rows/manifests/\(version)"
            let answer =
                digest == tree
                ? try await registry.put(manifest, target)
                : try await registry.ask("GET", "/v2/\(target)")
            #expect(answer.status == 404)
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(text.contains("push") && !text.contains(registry.place.path), "\(text)")
            try Files.replace(path, with: bytes)
        }
        let keys = registry.ledger.keys.directory
        try Files.remove(KeyRing.path(of: .publisher, in: keys))
        let answer = try await registry.ask("DELETE", "/v2/rows/manifests/\(version)")
        #expect(answer.status == 500)
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains("its log says why") && !text.contains(keys), "\(text)")
        let log = lines.withLock { $0 }
        #expect(log.count == 3, "\(log)")
        #expect(log.last?.contains("\(keys)/publisher.pem") == true)
        try await registry.end()
    }

    @Test("a path or a query that is not UTF-8 or wrongly escaped is a bad request")
    func badEscapes() async throws {
        let registry = try await TestRegistry.start()
        for path in [
            "/v2/_catalog?n=%ff", "/v2/_catalog?%c3=1", "/v2/_catalog?last=%4",
            "/v2/_catalog?n=%zz",
            "/v2/a%ff/tags/list", "/v2/%/tags/list",
        ] {
            #expect(try await registry.ask("GET", path).status == 400, "\(path)")
        }
        #expect(try await registry.ask("GET", "/v2/_catalog?last=%41").status == 200)
        try await registry.end()
    }

    @Test("a part of a blob is checked as well")
    func damagedPart() async throws {
        let registry = try await TestRegistry.start()
        let bytes = Self.noise(2_000_000, seed: 6)
        let digest = Digest.of(bytes)
        #expect(try await registry.push(bytes, to: "app").status == 201)
        var damaged = bytes
        damaged[0] ^= 1
        try Files.replace(registry.store.blobs.path(of: digest), with: damaged)
        let answer = try await registry.ask(
            "GET",
            "/v2/app/blobs/\(digest)",
            headers: [("Range", "bytes=1000000-1000009")]
        )
        #expect(answer.code == "BLOB_UNKNOWN")
        try await registry.end()
    }

    @Test("a blob that ends like a pack and is none is refused")
    func brokenPack() async throws {
        let registry = try await TestRegistry.start()
        let version = try registry.add("file", Self.noise(50_000, seed: 7), to: "rows")
        _ = version
        let pack = try #require(try registry.store.index.packs().first)
        var bytes = try registry.store.blobs.read(pack)
        bytes[10] ^= 1
        let answer = try await registry.push(bytes, to: "app")
        #expect(answer.code == "BLOB_UPLOAD_INVALID")
        #expect(!registry.store.blobs.contains(Digest.of(bytes)))
        try await registry.end()
    }

    @Test(
        "an id that no upload has is none, whatever it looks like",
        arguments: [
            "x", "..", "%2e%2e", String(repeating: "0", count: 32),
            String(repeating: "A", count: 32),
            String(repeating: "0", count: 31), "../../catalog.sqlite",
        ]
    )
    func unknownUpload(id: String) async throws {
        let registry = try await TestRegistry.start()
        let path = "/v2/app/blobs/uploads/\(id)"
        for method in ["GET", "PATCH", "DELETE"] {
            #expect(try await registry.ask(method, path).status == 404)
        }
        try await registry.end()
    }

    @Test("no more uploads than allowed are open at once")
    func uploadLimit() async throws {
        var limits = RegistryLimits()
        limits.uploadCount = 2
        let registry = try await TestRegistry.start(limits: limits)
        var locations: [String] = []
        for _ in 0..<2 {
            let answer = try await registry.ask("POST", "/v2/app/blobs/uploads/")
            #expect(answer.status == 202)
            locations.append(try #require(answer.headers.first(name: "location")))
        }
        let refused = try await registry.ask("POST", "/v2/app/blobs/uploads/")
        #expect(refused.status == 429)
        #expect(refused.code == "TOOMANYREQUESTS")
        #expect(try await registry.ask("DELETE", locations[0]).status == 204)
        #expect(try await registry.ask("POST", "/v2/app/blobs/uploads/").status == 202)
        try await registry.end()
    }

    @Test("a tag that another process moved is seen at once")
    func otherProcess() async throws {
        let registry = try await TestRegistry.start()
        let first = try registry.add("file", Self.noise(10, seed: 8), to: "rows")
        let second = try registry.add("file", Self.noise(10, seed: 9), to: "rows")
        let repository = try RepositoryName(parsing: "rows")
        let tag = try Tag(parsing: "now")
        // A second connection to the same file, as another program has.
        let other = Ledger(
            blobs: registry.store.blobs,
            catalog: try Catalog(opening: registry.store.blobs.root),
            keys: registry.ledger.keys
        )
        var from: Digest?
        for version in [first, second, first, second] {
            let change = Change.tag(repository: repository, tag: tag, from: from, to: version)
            _ = try other.append(act: .tagMoved, role: .publisher, changes: [change])
            for _ in 0..<2 {
                let answer = try await registry.ask("GET", "/v2/rows/manifests/now")
                #expect(Digest.of(answer.body) == version)
            }
            from = version
        }
        try await registry.end()
    }
}
