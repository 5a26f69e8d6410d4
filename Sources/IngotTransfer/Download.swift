// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotRemote
internal import IngotStore

/// Takes manifests, blobs and chunks of a repository elsewhere into the store, each checked.
struct Download: Sendable {
    /// Chunks that lie this near to each other come in one answer.
    private static let gapByteCount = 64 << 10
    private static let runByteCount = 8 << 20
    /// Answers that are held in memory together.
    private static let groupCount = 6

    let store: Store
    let remote: any Remote
    let repository: RepositoryName
    let counter: TransferCounter

    var packs: RemotePacks {
        RemotePacks(remote: remote, repository: repository, store: store, counter: counter)
    }

    /// The manifest of a version with files; it is not stored.
    func manifest(of version: Digest) async throws -> RemoteVersion {
        guard let bytes = try await remote.manifest(version, of: repository) else {
            throw RemoteError(
                .notFound,
                "\(remote.name): \(repository)@\(version) is not there: push it first"
            )
        }
        let manifest = try Manifest(parsing: bytes)
        guard let kind = manifest.kind, kind != .image,
            let root = manifest.layers.first, root.mediaType == .tree
        else {
            throw TransferError(
                "\(repository)@\(version): not a version with files: images are for skopeo and podman"
            )
        }
        return RemoteVersion(bytes: bytes, manifest: manifest, kind: kind, root: root)
    }

    /// A blob that is here already is not fetched again, unless it is damaged.
    func blob(_ blob: Descriptor) async throws {
        if try store.blobs.holds(blob.digest, byteCount: blob.byteCount) { return }
        counter.expect(blob.byteCount)
        let arriving = try store.blobs.arriving(blob.digest, byteCount: blob.byteCount)
        do {
            if blob.byteCount > 0 {
                try unsafe await remote.download(
                    blob.digest,
                    of: repository,
                    bytes: 0..<blob.byteCount
                ) { piece in
                    try unsafe arriving.write(piece)
                    counter.moved(piece.count)
                }
            }
            try arriving.commit()
        } catch let error as StoreError { throw untrue(error, in: blob.digest) }
        counter.finishedPiece()
    }

    private func untrue(_ error: StoreError, in blob: Digest) -> RemoteError {
        RemoteError(
            .untrue,
            "\(remote.name): \(error.message): remove \(blob.short) there, then push it again"
        )
    }

    /// Single chunks, those that are neighbours together.
    func chunks(_ chunks: [ChunkPlaces.Place]) async throws {
        let taken = ChunkImport(store: store)
        let runs = Dictionary(grouping: chunks, by: \.pack.digest).flatMap { pack, places in
            Self.runs(of: places.map(\.entry).sorted { $0.offset < $1.offset }, in: pack)
        }
        for group in runs.parts(of: Self.groupCount) {
            let received = try await resultsInParallel(of: group) { run in
                let bytes = try await packs.read(run.pack, run.range)
                counter.finishedPiece()
                return bytes
            }
            for (run, bytes) in zip(group, received) {
                do {
                    for entry in run.entries {
                        let from = entry.offset - run.range.lowerBound
                        let stored = bytes[from..<from + entry.storedByteCount]
                        try taken.add(entry, stored: Array(stored))
                    }
                } catch let error as StoreError { throw untrue(error, in: run.pack) }
            }
        }
        try taken.commit()
    }

    /// Neighbours in a pack.
    private struct Run: Sendable {
        let pack: Digest
        var entries: [PackDirectory.Entry]
        var range: Range<Int>
    }

    private static func runs(of entries: [PackDirectory.Entry], in pack: Digest) -> [Run] {
        var runs: [Run] = []
        for entry in entries {
            let end = entry.offset + entry.storedByteCount
            if let last = runs.last, entry.offset - last.range.upperBound <= gapByteCount,
                end - last.range.lowerBound <= runByteCount
            {
                runs[runs.count - 1].entries.append(entry)
                runs[runs.count - 1].range = last.range.lowerBound..<end
            } else {
                runs.append(Run(pack: pack, entries: [entry], range: entry.offset..<end))
            }
        }
        return runs
    }
}

/// A version with files elsewhere, as its manifest says.
struct RemoteVersion: Sendable {
    let bytes: [UInt8]
    let manifest: Manifest
    let kind: Kind
    /// The root page of its tree.
    let root: Descriptor
}
