// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotRemote
import Synchronization

/// A remote in memory that counts, and that lies, breaks off or is changed by others when told to.
final class MemoryRemote: Remote {
    struct State: Sendable {
        var blobs: [Digest: [UInt8]] = [:]
        var manifests: [Digest: [UInt8]] = [:]
        var tags: [Tag: Descriptor] = [:]
        var referrers: [Digest: [Descriptor]] = [:]
        /// Bytes of blobs.
        var sent = 0
        var received = 0
        /// What is handed out in place of a part of a blob.
        var lie: @Sendable (Digest, [UInt8]) -> [UInt8] = { _, bytes in bytes }
        /// Blobs until the connection is lost for good.
        var blobsLeft = Int.max
        /// What somebody else does just before the next tag moves.
        var beforeMove: (@Sendable (inout State) -> Void)?
    }

    let name = "memory"
    private let state = Mutex(State())

    /// What it holds and does; tests look and change.
    func with<Value: Sendable>(_ body: (inout State) throws -> Value) rethrows -> Value {
        try state.withLock { state in try body(&state) }
    }

    func tag(_ tag: Tag, of repository: RepositoryName) -> Descriptor? { with { $0.tags[tag] } }

    func tags(of repository: RepositoryName) -> [Tag] {
        with { $0.tags.keys.sorted { $0.text < $1.text } }
    }

    func move(
        _ tag: Tag,
        of repository: RepositoryName,
        from expected: Digest?,
        to manifest: Descriptor
    ) throws {
        try with { state in
            if let others = state.beforeMove {
                state.beforeMove = nil
                others(&state)
            }
            guard state.tags[tag]?.digest == expected else {
                throw RemoteError(.conflict, "memory: \(tag) was moved")
            }
            guard state.manifests[manifest.digest] != nil else {
                throw RemoteError(.notFound, "memory: no manifest \(manifest.digest)")
            }
            state.tags[tag] = manifest
        }
    }

    func manifest(_ digest: Digest, of repository: RepositoryName) -> [UInt8]? {
        with { $0.manifests[digest] }
    }

    func putManifest(
        _ bytes: [UInt8],
        as descriptor: Descriptor,
        of repository: RepositoryName
    ) throws {
        let manifest = try Manifest(parsing: bytes)
        try with { state in
            for blob in [manifest.config] + manifest.layers where manifest.artifactType != .packList
            {
                guard state.blobs[blob.digest] != nil else {
                    throw RemoteError(.failed, "memory: \(blob.digest) comes before its name")
                }
            }
            state.manifests[descriptor.digest] = bytes
            guard let subject = manifest.subject?.digest else { return }
            var known = state.referrers[subject] ?? []
            if !known.contains(where: { $0.digest == descriptor.digest }) {
                known.append(descriptor)
            }
            state.referrers[subject] = known
        }
    }

    func referrers(of subject: Digest, in repository: RepositoryName) -> [Descriptor] {
        with { $0.referrers[subject] ?? [] }
    }

    func hasBlob(_ digest: Digest, in repository: RepositoryName) -> Bool {
        with { $0.blobs[digest] != nil }
    }

    func upload(
        _ blob: OutgoingBlob,
        to repository: RepositoryName,
        mountedFrom source: RepositoryName?
    ) throws {
        try countBlob()
        let bytes = try blob.read(0..<blob.byteCount)
        with { state in
            state.blobs[blob.digest] = bytes
            state.sent += bytes.count
        }
    }

    func download(
        _ digest: Digest,
        of repository: RepositoryName,
        bytes range: Range<Int>,
        receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try countBlob()
        let bytes = try with { state in
            guard let blob = state.blobs[digest], blob.count >= range.upperBound else {
                throw RemoteError(.notFound, "memory: blob \(digest) is not there")
            }
            state.received += range.count
            return state.lie(digest, Array(blob[range]))
        }
        try unsafe bytes.withUnsafeBytes { try unsafe receive($0) }
    }

    private func countBlob() throws {
        try with { state in
            guard state.blobsLeft > 0 else {
                throw RemoteError(.unreachable, "memory: the connection is lost")
            }
            state.blobsLeft -= 1
        }
    }

    func shutdown() {}
}
