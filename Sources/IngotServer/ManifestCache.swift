// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import NIOCore
internal import Synchronization

/// A manifest, ready to be sent.
struct ServedManifest: Sendable {
    let bytes: ByteBuffer
    let mediaType: MediaType
    /// As the client named it, or SHA-256.
    let digest: ContentDigest

    var reply: Reply {
        var reply = Reply(
            .ok,
            [
                ("Content-Type", mediaType.text),
                ("Docker-Content-Digest", digest.description),
                ("ETag", "\"\(digest)\""),
            ]
        )
        reply.body = .bytes(bytes)
        return reply
    }
}

/// What manifests a repository's names lead to, for as long as the catalog is unchanged.
///
/// A hit costs no transaction, only the question whether anybody committed anything since.
final class ManifestCache: Sendable {
    private static let countLimit = 4096
    /// 64 MiB.
    private static let byteLimit = 64 << 20

    struct Key: Hashable {
        let repository: RepositoryName
        let name: RegistryRoute.Name
    }

    private struct State {
        var generation: Int64?
        var entries: [Key: Reply] = [:]
        var byteCount = 0
    }

    private let watch: CatalogWatch
    private let state = Mutex(State())

    init(watch: CatalogWatch) { self.watch = watch }

    /// Ask before the catalog is read, and hand it to `add` with what was read.
    var generation: Int64? { watch.version }

    func find(_ key: Key) -> Reply? {
        guard let generation else { return nil }
        return state.withLock { $0.generation == generation ? $0.entries[key] : nil }
    }

    func add(_ reply: Reply, as key: Key, generation: Int64?) {
        guard let generation else { return }
        state.withLock { state in
            let isFull =
                state.entries.count >= Self.countLimit
                || state.byteCount + reply.byteCount > Self.byteLimit
            if state.generation != generation || isFull {
                state = State(generation: generation)
            }
            guard state.entries.updateValue(reply, forKey: key) == nil else { return }
            state.byteCount += reply.byteCount
        }
    }
}
