// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotRemote
import Synchronization

struct CheckFailure: Error, CustomStringConvertible {
    let description: String
}

/// The checks of `remote-check`.
struct RemoteChecks: Sendable {
    let remote: any Remote
    private let repository: RepositoryName
    private let other: RepositoryName
    private let nonce = UInt64.random(in: .min ... .max)

    init(remote: any Remote) throws {
        self.remote = remote
        let run = "check-\(UInt32.random(in: .min ... .max))"
        repository = try RepositoryName(parsing: "\(run)/one")
        other = try RepositoryName(parsing: "\(run)/two")
    }

    private func expect(_ condition: Bool, _ what: String) throws {
        guard condition else { throw CheckFailure(description: "not so: \(what)") }
    }

    private func expect(
        _ reason: RemoteError.Reason,
        _ what: String,
        _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as RemoteError {
            guard error.reason == reason else {
                throw CheckFailure(description: "\(what): \(error.reason), not \(reason): \(error)")
            }
            return
        }
        throw CheckFailure(description: "\(what): not refused")
    }

    /// Bytes that no other run has, so that nothing is there already.
    private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = nonce &+ seed &* 0x9E37_79B9_7F4A_7C15
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private func blob(_ bytes: [UInt8]) -> OutgoingBlob {
        OutgoingBlob(digest: Digest.of(bytes), byteCount: bytes.count) { Array(bytes[$0]) }
    }

    private func fetch(_ digest: Digest, _ range: Range<Int>) async throws -> [UInt8] {
        let received = Mutex<[UInt8]>([])
        try await unsafe remote.download(digest, of: repository, bytes: range) { piece in
            unsafe received.withLock { unsafe $0 += Array(piece) }
        }
        return received.withLock { $0 }
    }

    func blobs(smallCount: Int, largeByteCount: Int) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<smallCount {
                if index >= 16 { try await group.next() }
                group.addTask {
                    let content = bytes(index * 37 % 20_000, seed: UInt64(index))
                    let blob = blob(content)
                    let isNew = !content.isEmpty
                    if isNew {
                        try expect(
                            try await !remote.hasBlob(blob.digest, in: repository),
                            "a new blob is missing"
                        )
                    }
                    try await remote.upload(blob, to: repository, mountedFrom: nil)
                    try expect(
                        try await remote.hasBlob(blob.digest, in: repository),
                        "a blob that was sent is there"
                    )
                    try expect(
                        try await fetch(blob.digest, 0..<content.count) == content,
                        "a blob comes back as it was sent"
                    )
                }
            }
            try await group.waitForAll()
        }
        print("  \(smallCount) small blobs: \(clock.now - start)")
        try await large(byteCount: largeByteCount)
    }

    private func large(byteCount: Int) async throws {
        let content = bytes(byteCount, seed: 1 << 40)
        let blob = blob(content)
        let clock = ContinuousClock()
        var start = clock.now
        try await remote.upload(blob, to: repository, mountedFrom: nil)
        print("  a blob of \(byteCount) bytes: sent in \(clock.now - start)")
        start = clock.now
        let back = try await fetch(blob.digest, 0..<byteCount)
        try expect(Digest.of(back) == blob.digest, "a large blob comes back as it was sent")
        print("  fetched in \(clock.now - start)")
        for range in [0..<1, 1000..<100_000, (byteCount / 2)..<(byteCount / 2 + 3_000_000)] {
            let part = range.clamped(to: 0..<byteCount)
            try expect(
                try await fetch(blob.digest, part) == Array(content[part]),
                "bytes \(part) of a blob are those bytes"
            )
        }
        try await expect(.untrue, "bytes after the end") {
            _ = try await fetch(blob.digest, (byteCount - 10)..<(byteCount + 10))
        }
        try await expect(.notFound, "a missing blob") {
            _ = try await fetch(Digest.of("missing \(nonce)"), 0..<10)
        }
        try await remote.upload(blob, to: other, mountedFrom: repository)
        try expect(
            try await remote.hasBlob(blob.digest, in: other),
            "a blob that was mounted is there"
        )
    }

    /// Sends a manifest about one small layer.
    private func push(
        _ seed: UInt64,
        subject: Descriptor? = nil
    ) async throws -> Descriptor {
        let (config, layer) = (Array("{}".utf8), bytes(100, seed: seed))
        for content in [config, layer] {
            try await remote.upload(blob(content), to: repository, mountedFrom: nil)
        }
        let manifest = Manifest(
            artifactType: MediaType("application/vnd.ingot.check.v1"),
            config: Descriptor(mediaType: .emptyConfig, digest: Digest.of(config), byteCount: 2),
            layers: [
                Descriptor(mediaType: .rawFile, digest: Digest.of(layer), byteCount: layer.count)
            ],
            subject: subject,
            annotations: ["number": "\(seed)"]
        )
        let bytes = manifest.canonicalBytes
        let descriptor = Descriptor(
            mediaType: .imageManifest,
            digest: Digest.of(bytes),
            byteCount: bytes.count
        )
        try await remote.putManifest(bytes, as: descriptor, of: repository)
        try expect(
            try await remote.manifest(descriptor.digest, of: repository) == bytes,
            "a manifest comes back as it was sent"
        )
        return descriptor
    }

    func manifests() async throws {
        let descriptor = try await push(1)
        try await expect(.untrue, "a manifest with other bytes") {
            try await remote.putManifest([1, 2, 3], as: descriptor, of: repository)
        }
        try expect(
            try await remote.manifest(Digest.of("none"), of: repository) == nil,
            "a missing manifest is nil"
        )
    }

    func tags() async throws {
        let (first, second) = (try await push(2), try await push(3))
        let tag = try Tag(parsing: "production")
        try expect(
            try await remote.tags(of: RepositoryName(parsing: "no/such")).isEmpty,
            "no tags"
        )
        try expect(try await remote.tag(tag, of: repository) == nil, "a missing tag is nil")
        try await remote.move(tag, of: repository, from: nil, to: first)
        let named = try await remote.tag(tag, of: repository)
        try expect(named?.digest == first.digest, "a tag names its manifest")
        try expect(named?.byteCount == first.byteCount, "a tag tells the size")
        try expect(named?.mediaType == first.mediaType, "a tag tells the type")
        try await expect(.conflict, "a tag that is there already") {
            try await remote.move(tag, of: repository, from: nil, to: second)
        }
        try await expect(.conflict, "a tag that names something else") {
            try await remote.move(tag, of: repository, from: second.digest, to: first)
        }
        try await remote.move(tag, of: repository, from: first.digest, to: second)
        try await expect(.notFound, "a tag for a missing manifest") {
            let missing = Descriptor(
                mediaType: .imageManifest,
                digest: Digest.of("none"),
                byteCount: 4
            )
            try await remote.move(Tag(parsing: "none"), of: repository, from: nil, to: missing)
        }
        try await raceForTags(first)
    }

    private func raceForTags(_ manifest: Descriptor) async throws {
        let contended = try Tag(parsing: "contended")
        let names = try (0..<20).map { try Tag(parsing: "t\($0)") }
        let winners = try await withThrowingTaskGroup(of: Int.self) { group in
            for name in names {
                group.addTask {
                    try await remote.move(name, of: repository, from: nil, to: manifest)
                    do {
                        try await remote.move(contended, of: repository, from: nil, to: manifest)
                        return 1
                    } catch let error as RemoteError where error.reason == .conflict { return 0 }
                }
            }
            return try await group.reduce(0, +)
        }
        try expect(winners == 1, "one task of twenty makes a tag, not \(winners)")
        let tags = try await remote.tags(of: repository)
        try expect(
            tags.count == 22 && Set(names).isSubset(of: tags),
            "all tags are listed: \(tags)"
        )
    }

    func referrers() async throws {
        let subject = try await push(4)
        try expect(
            try await remote.referrers(of: subject.digest, in: repository).isEmpty,
            "nobody refers to a new manifest"
        )
        let expected = try await withThrowingTaskGroup(of: Digest.self) { group in
            for index in 0..<12 {
                group.addTask { try await push(UInt64(100 + index), subject: subject).digest }
            }
            return try await group.reduce(into: Set<Digest>()) { $0.insert($1) }
        }
        let found = try await remote.referrers(of: subject.digest, in: repository)
        try expect(Set(found.map(\.digest)) == expected, "all referrers are listed")
        try expect(
            found.allSatisfy {
                $0.artifactType == MediaType("application/vnd.ingot.check.v1")
                    && $0.annotations["number"] != nil
            },
            "referrers are listed with types and annotations"
        )
        try expect(
            try await remote.tags(of: repository).allSatisfy { !$0.text.hasPrefix("sha256-") },
            "lists of referrers are no tags"
        )
    }
}
