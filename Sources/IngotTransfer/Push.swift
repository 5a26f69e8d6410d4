// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
package import IngotEvidence
package import IngotRemote
package import IngotStore

/// What a push did.
package struct PushReport: Sendable {
    /// Bytes that went over the wire.
    package let sentByteCount: Int
    /// Blobs that the remote had already.
    package let presentCount: Int
    package let sentCount: Int
    /// Blobs that its statements rest on and that were not sent, because nobody takes in more.
    package let leftEvidenceCount: Int
}

/// Publishes a version elsewhere: what is missing there, then the manifest, then what is stated
/// about it, then its names.
///
/// Invariants:
///
/// (1) Bytes before names: a manifest is sent when all it names is there, a tag moves last.
/// (2) Killed at any moment, it leaves blobs that the next push finds; no name leads to a hole.
package struct Push: Sendable {
    /// Packs of which this share or more is missing there are sent whole.
    private static let wholePackShare = 2

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

    /// Sends a version with its statements; it has no name there yet.
    ///
    /// - Parameters:
    ///   - version: the manifest's digest.
    ///   - statements: the manifests that refer to it.
    ///   - evidence: the blobs that these rest on; those that are not here stay away.
    ///   - receipts: the proofs that the statements are in their logs.
    ///   - known: versions that the remote has, whose packs need not be sent again.
    /// - Returns: what was sent, and the descriptor to give a name.
    /// - Throws: `RemoteError` for what the remote does not do, `TransferError` and `StoreError`
    ///   for what is not here.
    package func run(
        _ version: Digest,
        statements: [Digest],
        evidence: Set<Digest> = [],
        receipts: [Receipt] = [],
        known: [Digest]
    ) async throws -> (report: PushReport, descriptor: Descriptor) {
        let bytes = try store.blobs.read(version, limit: Manifest.byteLimit)
        let manifest = try Manifest(parsing: bytes)
        guard manifest.kind != .image, manifest.layers.first?.mediaType == .tree else {
            throw TransferError(
                "\(version): an image's layers are made when its archive is written: "
                    + "use 'ingot image' and skopeo"
            )
        }
        let descriptor = Descriptor(
            mediaType: .imageManifest,
            digest: version,
            byteCount: bytes.count,
            artifactType: manifest.artifactType
        )
        let packs = try await self.packs(of: manifest, version: version, known: known)
        let list = OutgoingReferrer(
            packs.list.manifest(of: descriptor).canonicalBytes,
            type: .packList
        )
        let evidenceList = try EvidenceList(of: evidence, in: store.blobs)
        let stated =
            try self.evidence(evidenceList, of: descriptor) + self.statements(statements)
            + receipts.map { outgoing($0, of: descriptor) }
        let blobs = self.blobs(of: manifest) + packs.blobs + stated.flatMap(\.blobs)
        let sentCount = try await upload(blobs)
        // Invariant (1).
        try await remote.putManifest(bytes, as: descriptor, of: repository)
        for referrer in [list] + stated {
            try await remote.putManifest(
                referrer.bytes,
                as: referrer.descriptor,
                of: repository
            )
        }
        let report = PushReport(
            sentByteCount: counter.progress.bytesDone,
            presentCount: blobs.count - sentCount,
            sentCount: sentCount,
            leftEvidenceCount: evidenceList.leftCount
        )
        return (report, descriptor)
    }

    /// A manifest that refers to the version, and the blobs it names.
    private struct OutgoingReferrer: Sendable {
        let bytes: [UInt8]
        let descriptor: Descriptor
        let blobs: [OutgoingBlob]

        init(_ bytes: [UInt8], type: MediaType?, blobs: [OutgoingBlob] = []) {
            self.bytes = bytes
            self.blobs = blobs
            descriptor = Descriptor(
                mediaType: .imageManifest,
                digest: Digest.of(bytes),
                byteCount: bytes.count,
                artifactType: type
            )
        }
    }

    private func statements(_ digests: [Digest]) throws -> [OutgoingReferrer] {
        try digests.map { digest in
            let bytes = try store.blobs.read(digest, limit: Manifest.byteLimit)
            let manifest = try Manifest(parsing: bytes)
            return OutgoingReferrer(
                bytes,
                type: manifest.artifactType,
                blobs: manifest.layers.map { outgoing($0.digest, byteCount: $0.byteCount) }
            )
        }
    }

    /// A list of evidence blobs; none for no blobs.
    private func evidence(_ list: EvidenceList, of version: Descriptor) -> [OutgoingReferrer] {
        guard !list.blobs.isEmpty else { return [] }
        return [
            OutgoingReferrer(
                list.manifest(of: version.digest, byteCount: version.byteCount)
                    .canonicalBytes,
                type: .evidenceBlobs,
                blobs: list.blobs.map { outgoing($0.digest, byteCount: $0.byteCount) }
            )
        ]
    }

    private func outgoing(_ receipt: Receipt, of version: Descriptor) -> OutgoingReferrer {
        OutgoingReferrer(
            receipt.manifest(of: version.digest, byteCount: version.byteCount).canonicalBytes,
            type: .receipt,
            blobs: receipt.blobs.map(outgoing)
        )
    }

    /// What the manifest names, and the empty configuration of its referrers.
    private func blobs(of manifest: Manifest) -> [OutgoingBlob] {
        [outgoing(EmptyConfig.bytes)]
            + ([manifest.config] + manifest.layers).map {
                outgoing($0.digest, byteCount: $0.byteCount)
            }
    }

    private func outgoing(_ bytes: [UInt8]) -> OutgoingBlob {
        OutgoingBlob(digest: Digest.of(bytes), byteCount: bytes.count) { Array(bytes[$0]) }
    }

    private func outgoing(_ digest: Digest, byteCount: Int) -> OutgoingBlob {
        OutgoingBlob(digest: digest, byteCount: byteCount) { [store] range in
            try store.blobs.read(digest, bytes: range)
        }
    }

    /// The packs to send, and the list of all that the version needs there.
    private func packs(
        of manifest: Manifest,
        version: Digest,
        known: [Digest]
    ) async throws -> (blobs: [OutgoingBlob], list: PackList) {
        var lacking = try chunks(of: manifest)
        let there = RemotePacks(remote: remote, repository: repository, store: store)
        var list: [Digest: Int] = [:]
        var seen = Set<Digest>()
        for version in [version] + known where !lacking.isEmpty {
            // A pack that was removed there because it was damaged is listed still: a push brings
            // it back.
            let unseen = try await there.packs(of: version).filter {
                seen.insert($0.digest).inserted
            }
            let present = try await resultsInParallel(of: unseen) { [remote, repository] pack in
                try await remote.hasBlob(pack.digest, in: repository)
            }
            let packs = zip(unseen, present).filter(\.1).map(\.0)
            for listed in try await there.listed(packs) {
                var isUsed = false
                for entry in listed.directory?.entries ?? []
                where lacking.removeValue(forKey: entry.chunk) != nil {
                    isUsed = true
                }
                if isUsed { list[listed.pack.digest] = listed.pack.byteCount }
            }
        }
        var blobs: [OutgoingBlob] = []
        var loose: [Digest: ChunkLocation] = [:]
        for (pack, chunks) in Dictionary(grouping: lacking, by: \.value.pack) {
            let byteCount = try store.blobs.byteCount(of: pack)
            let missing = chunks.reduce(0) { $0 + $1.value.storedByteCount }
            if missing >= byteCount / Self.wholePackShare {
                blobs.append(outgoing(pack, byteCount: byteCount))
                list[pack] = byteCount
            } else {
                for (chunk, location) in chunks { loose[chunk] = location }
            }
        }
        for pack in try store.temporaryPacks(of: loose) {
            blobs.append(
                OutgoingBlob(digest: pack.digest, byteCount: pack.byteCount) { try pack.read($0) }
            )
            list[pack.digest] = pack.byteCount
        }
        return (blobs, PackList(list))
    }

    /// Where every chunk of the version lies here.
    private func chunks(of manifest: Manifest) throws -> [Digest: ChunkLocation] {
        var chunks = Set<Digest>()
        try store.forEachChunk(of: manifest, raw: { _ in }) { chunks.insert($0) }
        let locations = try store.index.locations(of: Array(chunks))
        if let lost = chunks.first(where: { locations[$0] == nil }) {
            throw TransferError(
                "chunk \(lost): in no pack here: pull the version, or add its content again"
            )
        }
        return locations
    }

    /// Sends those of the blobs that are not there, and returns how many those were.
    private func upload(_ blobs: [OutgoingBlob]) async throws -> Int {
        var unique: [Digest: OutgoingBlob] = [:]
        for blob in blobs { unique[blob.digest] = blob }
        let before = counter.progress.piecesDone
        // Large ones first, so that none is left alone at the end.
        let sorted = unique.values.sorted {
            ($1.byteCount, $0.digest) < ($0.byteCount, $1.digest)
        }
        try await inParallel(sorted) { [remote, repository, counter] blob in
            guard try await !remote.hasBlob(blob.digest, in: repository) else { return }
            counter.expect(blob.byteCount)
            let counted = OutgoingBlob(digest: blob.digest, byteCount: blob.byteCount) { range in
                let bytes = try blob.read(range)
                counter.moved(bytes.count)
                return bytes
            }
            try await remote.upload(counted, to: repository, mountedFrom: nil)
            counter.finishedPiece()
        }
        return counter.progress.piecesDone - before
    }
}
