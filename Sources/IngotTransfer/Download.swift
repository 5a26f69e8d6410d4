// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotRemote
internal import IngotStore

/// Takes manifests, blobs and chunks of a repository elsewhere into the store, each checked.
struct Download: Sendable {
    /// Chunks that lie this near to each other come in one answer.
    private static let gapByteCount = 64 << 10
    private static let runByteCount = 8 << 20

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

    /// A blob that is here already, of the right size, is not fetched again.
    func blob(_ blob: Descriptor) async throws {
        if store.blobs.contains(blob.digest),
            try store.blobs.byteCount(of: blob.digest) == blob.byteCount
        {
            return
        }
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
        for group in Dictionary(grouping: chunks, by: \.pack.digest).values {
            let entries = group.map(\.entry).sorted { $0.offset < $1.offset }
            for run in Self.runs(of: entries) {
                let start = run[0].offset
                let end = run[run.count - 1].offset + run[run.count - 1].storedByteCount
                let bytes = try await packs.read(group[0].pack.digest, start..<end)
                counter.finishedPiece()
                for entry in run {
                    let from = entry.offset - start
                    let stored = Array(bytes[from..<from + entry.storedByteCount])
                    do {
                        try taken.add(entry, stored: stored)
                    } catch let error as StoreError {
                        throw untrue(error, in: group[0].pack.digest)
                    }
                }
            }
        }
        try taken.commit()
    }

    private static func runs(of entries: [PackDirectory.Entry]) -> [[PackDirectory.Entry]] {
        var runs: [[PackDirectory.Entry]] = []
        for entry in entries {
            if let first = runs.last?.first, let last = runs.last?.last,
                entry.offset - last.offset - last.storedByteCount <= gapByteCount,
                entry.offset + entry.storedByteCount - first.offset <= runByteCount
            {
                runs[runs.count - 1].append(entry)
            } else {
                runs.append([entry])
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
