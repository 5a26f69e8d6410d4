// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotRemote
package import IngotStore

/// What a pull brought.
package struct PulledVersion: Sendable {
    package let digest: Digest
    package let kind: Kind
    /// Statements about the version whose bytes are here now; nobody has checked who signed them.
    package let statements: [PulledStatement]
    package let receivedByteCount: Int
}

/// A bundle and the manifest that attaches it to its subject.
package struct PulledStatement: Sendable, Hashable {
    package let referrer: Digest
    package let envelope: Digest
}

/// Brings a version from elsewhere: blobs and packs first, each checked, its manifest last.
///
/// Killed at any moment, it leaves whole packs and blobs that the next pull finds.
package struct Pull: Sendable {
    /// Packs of which this share or more is missing here come whole.
    private static let wholePackShare = 2
    /// Chunks that lie this near to each other come in one answer.
    private static let gapByteCount = 64 << 10
    private static let runByteCount = 8 << 20
    private static let referrerLimit = 1000

    private let store: Store
    private let remote: any Remote
    private let repository: RepositoryName
    private let counter: TransferCounter

    package init(
        store: Store,
        remote: any Remote,
        repository: RepositoryName,
        report: @escaping TransferProgress.Report = { _ in }
    ) {
        self.store = store
        self.remote = remote
        self.repository = repository
        counter = TransferCounter(report: report)
    }

    /// Brings all that the store lacks of a version; it has no name here yet.
    package func run(_ version: Digest) async throws -> PulledVersion {
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
        try await inParallel([manifest.config] + manifest.layers) { try await fetch($0) }
        try await chunks(of: manifest, version: version)
        let statements = try await self.statements(about: version)
        // Last: a manifest that exists has all it names.
        _ = try store.blobs.put(bytes)
        return PulledVersion(
            digest: version,
            kind: kind,
            statements: statements,
            receivedByteCount: counter.progress.bytesDone
        )
    }

    /// A blob that is here already is not fetched again, unless it is damaged.
    private func fetch(_ blob: Descriptor) async throws {
        if try store.blobs.holds(blob.digest, byteCount: blob.byteCount) { return }
        counter.expect(blob.byteCount)
        let arriving = try store.blobs.arriving(blob.digest, byteCount: blob.byteCount)
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
        counter.finishedPiece()
    }

    private func chunks(of manifest: Manifest, version: Digest) async throws {
        var missing = try store.missingChunks(of: manifest)
        guard !missing.isEmpty else { return }
        let there = RemotePacks(remote: remote, repository: repository, store: store)
        var places: [Digest: (pack: Descriptor, entry: PackDirectory.Entry)] = [:]
        for pack in try await there.packs(of: version) {
            let directory = try await there.directory(of: pack)
            if try isMostlyMissing(directory, of: pack) {
                try await fetch(pack)
                try store.adopt(pack: pack.digest)
            } else {
                for entry in directory.entries { places[entry.chunk] = (pack, entry) }
            }
        }
        missing = try store.missingChunks(of: manifest)
        while !missing.isEmpty {
            // Pages first: what they name comes to light by them.
            let wanted = missing.pages.isEmpty ? missing.files : missing.pages
            let found = try wanted.map { chunk in
                guard let place = places[chunk.digest] else {
                    throw RemoteError(
                        .untrue,
                        "\(remote.name): chunk \(chunk.digest) of \(version) is in none of its packs"
                    )
                }
                return place
            }
            try await fetch(found, from: there)
            missing = try store.missingChunks(of: manifest)
        }
    }

    private func isMostlyMissing(_ directory: PackDirectory, of pack: Descriptor) throws -> Bool {
        let present = try store.present(directory.entries.map(\.chunk))
        let missing = directory.entries.filter { !present.contains($0.chunk) }
            .reduce(0) { $0 + $1.storedByteCount }
        return missing > 0 && missing >= pack.byteCount / Self.wholePackShare
    }

    /// Single chunks, those that are neighbours together.
    private func fetch(
        _ chunks: [(pack: Descriptor, entry: PackDirectory.Entry)],
        from there: RemotePacks
    ) async throws {
        let taken = ChunkImport(store: store)
        for (pack, group) in Dictionary(grouping: chunks, by: \.pack.digest) {
            let entries = group.map(\.entry).sorted { $0.offset < $1.offset }
            for run in Self.runs(of: entries) {
                let start = run[0].offset
                let end = run[run.count - 1].offset + run[run.count - 1].storedByteCount
                counter.expect(end - start)
                let bytes = try await there.read(pack, start..<end)
                counter.moved(bytes.count)
                counter.finishedPiece()
                for entry in run {
                    let from = entry.offset - start
                    try taken.add(entry, stored: Array(bytes[from..<from + entry.storedByteCount]))
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

    /// Bundles that refer to the version, with the manifests that say so.
    private func statements(about version: Digest) async throws -> [PulledStatement] {
        var statements: [PulledStatement] = []
        let referrers = try await remote.referrers(of: version, in: repository)
            .filter { $0.artifactType == .sigstoreBundle }
        guard referrers.count <= Self.referrerLimit else {
            throw RemoteError(
                .untrue,
                "\(remote.name): \(referrers.count) statements about \(version): at most "
                    + "\(Self.referrerLimit) are taken in"
            )
        }
        for referrer in referrers {
            guard let bytes = try await remote.manifest(referrer.digest, of: repository) else {
                continue
            }
            let manifest = try Manifest(parsing: bytes)
            guard manifest.subject?.digest == version, manifest.layers.count == 1,
                let bundle = manifest.layers.first, bundle.byteCount <= Manifest.byteLimit
            else { continue }
            try await fetch(bundle)
            try await fetch(manifest.config)
            _ = try store.blobs.put(bytes)
            statements.append(
                PulledStatement(referrer: referrer.digest, envelope: bundle.digest)
            )
        }
        return statements
    }
}
