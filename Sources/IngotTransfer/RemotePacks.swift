// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotRemote
internal import IngotStore
internal import Synchronization

/// The packs of a repository elsewhere, and the chunks in them, read from their ends alone.
struct RemotePacks: Sendable {
    let remote: any Remote
    let repository: RepositoryName
    let store: Store
    /// Counts what is read; nil where only what is sent counts.
    var counter: TransferCounter?

    /// The packs that a version's pack lists name; what is no such list is as none.
    func packs(of version: Digest) async throws -> [Descriptor] {
        var packs: [Digest: Descriptor] = [:]
        for referrer in try await remote.referrers(of: version, in: repository)
        where referrer.artifactType == .packList {
            guard let bytes = try await remote.manifest(referrer.digest, of: repository) else {
                continue
            }
            guard let list = try? PackList(parsing: bytes, of: version) else { continue }
            for pack in list.packs { packs[pack.digest] = pack }
        }
        return packs.values.sorted { $0.digest < $1.digest }
    }

    /// A pack with its directory.
    struct Listed: Sendable {
        let pack: Descriptor
        /// Nil for a pack that is not there: whoever may push a list may list any.
        let directory: PackDirectory?
    }

    /// The directories of some packs, in their order.
    func listed(_ packs: [Descriptor]) async throws -> [Listed] {
        try await resultsInParallel(of: packs) { pack in
            do {
                return Listed(pack: pack, directory: try await directory(of: pack))
            } catch let error as RemoteError where error.reason == .notFound {
                return Listed(pack: pack, directory: nil)
            }
        }
    }

    /// The directory of a pack: from here where the pack is here, else from the remote.
    private func directory(of pack: Descriptor) async throws -> PackDirectory {
        if store.blobs.keeps(pack.digest), let known = try store.packDirectory(of: pack.digest) {
            return known
        }
        let trailerByteCount = PackDirectory.trailerByteCount
        guard pack.byteCount >= trailerByteCount, pack.byteCount <= PackDirectory.packByteLimit
        else { throw untrue(pack, "a pack of \(pack.byteCount) bytes cannot be") }
        // One question for most packs: the directory is 48 bytes for some 64 KiB.
        let guess = min(pack.byteCount, pack.byteCount >> 10 + 8 << 10)
        var tail = try await read(pack.digest, pack.byteCount - guess..<pack.byteCount)
        let count = tail.suffix(trailerByteCount).dropFirst(32).prefix(4).reversed()
            .reduce(0) { $0 << 8 | Int($1) }
        let needed = count * 48 + trailerByteCount
        guard needed <= pack.byteCount else { throw untrue(pack, "its directory does not fit") }
        if needed > tail.count {
            let range = pack.byteCount - needed..<pack.byteCount - tail.count
            tail = try await read(pack.digest, range) + tail
        }
        let bytes = tail
        let start = pack.byteCount - bytes.count
        guard
            let directory = try PackDirectory(
                packByteCount: pack.byteCount,
                read: { count, offset in
                    let from = offset - start
                    guard from >= 0, from + count <= bytes.count else { return nil }
                    return Array(bytes[from..<from + count])
                }
            )
        else { throw untrue(pack, "it does not end like a pack") }
        return directory
    }

    /// A part of a blob, in memory.
    func read(_ blob: Digest, _ range: Range<Int>) async throws -> [UInt8] {
        counter?.expect(range.count)
        let received = Mutex<[UInt8]>([])
        try unsafe await remote.download(blob, of: repository, bytes: range) { piece in
            let bytes = unsafe [UInt8](piece)
            received.withLock { $0 += bytes }
            counter?.moved(bytes.count)
        }
        let bytes = received.withLock { $0 }
        guard bytes.count == range.count else {
            throw RemoteError(
                .untrue,
                "\(remote.name): blob \(blob): \(bytes.count) bytes came of \(range.count)"
            )
        }
        return bytes
    }

    private func untrue(_ pack: Descriptor, _ problem: String) -> RemoteError {
        RemoteError(.untrue, "\(remote.name): pack \(pack.digest): \(problem)")
    }
}
