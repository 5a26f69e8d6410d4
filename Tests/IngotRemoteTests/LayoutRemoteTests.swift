// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotRemote

@Suite
struct LayoutRemoteTests {
    private let directory: TemporaryDirectory
    private let repository: RepositoryName
    private let manifest: [UInt8]

    init() throws {
        directory = try TemporaryDirectory()
        repository = try RepositoryName(parsing: "team/models")
        let config = Descriptor(mediaType: .emptyConfig, digest: Digest.of("{}"), byteCount: 2)
        manifest = Manifest(artifactType: nil, config: config, layers: [config]).canonicalBytes
    }

    private var descriptor: Descriptor {
        Descriptor(
            mediaType: .imageManifest,
            digest: Digest.of(manifest),
            byteCount: manifest.count
        )
    }

    private func open() -> LayoutRemote {
        let path = "\(directory.path)/remote"
        return LayoutRemote(name: path, objects: DirectoryObjects(path: path))
    }

    private func path(_ name: String) -> String { "\(directory.path)/remote/\(name)" }

    @Test("twenty writers of one index lose nothing, though each has its own view of it")
    func writers() async throws {
        let first = open()
        try await first.putManifest(manifest, as: descriptor, of: repository)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                group.addTask {
                    let remote = self.open()
                    try await remote.move(
                        .version(number),
                        of: self.repository,
                        from: nil,
                        to: self.descriptor
                    )
                    try await remote.shutdown()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await first.tags(of: repository).count == 20)
        #expect(try await first.tags(of: RepositoryName(parsing: "team")).isEmpty)
        #expect(try Files.names(in: path("incoming")).isEmpty)
        try await first.shutdown()
    }

    @Test("keeps entries and members of the index that it does not know")
    func foreignEntries() async throws {
        let remote = open()
        try await remote.putManifest(manifest, as: descriptor, of: repository)
        let foreign = #"{"digest":"sha512:ab","mediaType":"x/y","size":1,"urls":[]}"#
        try directory.write(
            Array(#"{"manifests":[\#(foreign)],"schemaVersion":2,"x":{"y":1}}"#.utf8),
            to: "remote/index.json"
        )
        try await remote.move(.version(1), of: repository, from: nil, to: descriptor)
        let text = String(decoding: try Files.read(path("index.json")), as: UTF8.self)
        #expect(text.contains(foreign))
        #expect(text.contains(#""x":{"y":1}"#))
        #expect(try await remote.tag(.version(1), of: repository)?.digest == descriptor.digest)
        try await remote.shutdown()
    }

    @Test("refuses bytes that are not those of the digest, and leaves nothing of them")
    func wrongBytes() async throws {
        let remote = open()
        let blob = OutgoingBlob(digest: Digest.of("right"), byteCount: 5) { _ in
            Array("wrong".utf8)
        }
        let short = OutgoingBlob(digest: Digest.of("right"), byteCount: 5) { _ in [1] }
        for blob in [blob, short] {
            await #expect(throws: RemoteError.self) {
                try await remote.upload(blob, to: repository, mountedFrom: nil)
            }
        }
        #expect(try await !remote.hasBlob(blob.digest, in: repository))
        #expect(try Files.names(in: path("incoming")).isEmpty)
        try await remote.shutdown()
    }

    @Test("refuses a damaged manifest and repairs it when it is pushed again")
    func damage() async throws {
        let remote = open()
        try await remote.putManifest(manifest, as: descriptor, of: repository)
        var bytes = manifest
        bytes[10] ^= 1
        try directory.write(bytes, to: "remote/blobs/sha256/\(descriptor.digest.hex)")
        await #expect(throws: RemoteError.self) {
            try await remote.manifest(descriptor.digest, of: repository)
        }
        try await remote.putManifest(manifest, as: descriptor, of: repository)
        #expect(try await remote.manifest(descriptor.digest, of: repository) == manifest)
        try await remote.shutdown()
    }

    @Test("an index that is none is said to be none, and is not replaced")
    func brokenIndex() async throws {
        let remote = open()
        try await remote.putManifest(manifest, as: descriptor, of: repository)
        for text in ["", "[]", "{}", #"{"schemaVersion":1}"#, "{\"schemaVersion\":2"] {
            try directory.write(Array(text.utf8), to: "remote/index.json")
            await #expect(throws: RemoteError.self) {
                try await remote.move(.version(1), of: repository, from: nil, to: descriptor)
            }
            #expect(try Files.read(path("index.json")) == Array(text.utf8))
        }
        try await remote.shutdown()
    }
}
