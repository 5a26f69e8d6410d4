// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotEvidence
package import IngotRemote
package import IngotStore

/// What a pull brought.
package struct PulledVersion: Sendable {
    package let digest: Digest
    package let kind: Kind
    /// Statements about the version whose bytes are here now; nobody has checked who signed them.
    package let statements: [PulledStatement]
    /// Manifests of receipts that are here now with all that they name; nobody has checked what they
    /// prove.
    package let receipts: [Digest]
    /// Why other receipts were left there, in a line each.
    package let receiptFaults: [String]
    /// What these rest on and is neither here now nor whole there, in order.
    package let missingEvidence: [Digest]
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
    /// Packs that are asked for together.
    private static let groupCount = 16
    static let referrerLimit = 1000

    let store: Store
    let remote: any Remote
    let repository: RepositoryName
    let download: Download

    package init(
        store: Store,
        remote: any Remote,
        repository: RepositoryName,
        report: @escaping TransferProgress.Report = { _ in }
    ) {
        self.store = store
        self.remote = remote
        self.repository = repository
        download = Download(
            store: store,
            remote: remote,
            repository: repository,
            counter: TransferCounter(report: report)
        )
    }

    /// Brings all that the store lacks of a version; it has no name here yet.
    package func run(_ version: Digest) async throws -> PulledVersion {
        let found = try await download.manifest(of: version)
        let manifest = found.manifest
        try await inParallel([manifest.config] + manifest.layers) { try await download.blob($0) }
        try await chunks(of: manifest, version: version)
        let referrers = try await self.referrers(of: version)
        let statements = try await self.statements(about: version, among: referrers)
        let missing = try await evidence(of: statements, version: version, among: referrers)
        let receipts = try await self.receipts(about: version, among: referrers)
        // Last: a manifest that exists has all it names.
        _ = try store.blobs.put(found.bytes)
        return PulledVersion(
            digest: version,
            kind: found.kind,
            statements: statements,
            receipts: receipts.compactMap(\.manifest),
            receiptFaults: receipts.compactMap(\.fault),
            missingEvidence: missing,
            receivedByteCount: download.counter.progress.bytesDone
        )
    }

    private func chunks(of manifest: Manifest, version: Digest) async throws {
        var missing = try store.missingChunks(of: manifest)
        guard !missing.isEmpty else { return }
        let there = download.packs
        var places = ChunkPlaces(packs: there, of: version)
        for packs in try await there.packs(of: version).parts(of: Self.groupCount) {
            var whole: [Descriptor] = []
            var coming = Set<Digest>()
            for listed in try await there.listed(packs) {
                if let directory = listed.directory,
                    try isMostlyMissing(directory, of: listed.pack, except: coming)
                {
                    whole.append(listed.pack)
                    coming.formUnion(directory.entries.map(\.chunk))
                } else {
                    places.add(listed)
                }
            }
            try await inParallel(whole) { [store, download] pack in
                try await download.blob(pack)
                try store.adopt(pack: pack.digest)
            }
        }
        missing = try store.missingChunks(of: manifest)
        while !missing.isEmpty {
            // Pages first: what they name comes to light by them.
            let wanted = missing.pages.isEmpty ? missing.files : missing.pages
            try await download.chunks(try await places.find(wanted.map(\.digest)))
            missing = try store.missingChunks(of: manifest)
        }
    }

    private func isMostlyMissing(
        _ directory: PackDirectory,
        of pack: Descriptor,
        except coming: Set<Digest>
    ) throws -> Bool {
        let present = try store.present(directory.entries.map(\.chunk)).union(coming)
        let missing = directory.entries.filter { !present.contains($0.chunk) }
            .reduce(0) { $0 + $1.storedByteCount }
        return missing > 0 && missing >= pack.byteCount / Self.wholePackShare
    }

    /// The statements about the version, the lists of blobs that these rest on, and the receipts.
    private func referrers(of version: Digest) async throws -> [Descriptor] {
        let types: Set<MediaType?> = [.sigstoreBundle, .evidenceBlobs, .receipt]
        let referrers = try await remote.referrers(of: version, in: repository)
            .filter { types.contains($0.artifactType) }
        let count = referrers.count { $0.artifactType != .receipt }
        guard count <= Self.referrerLimit else {
            throw RemoteError(
                .untrue,
                "\(remote.name): \(count) statements about \(version): at most "
                    + "\(Self.referrerLimit) are taken in"
            )
        }
        return referrers
    }

    /// Bundles that refer to the version, with the manifests that say so.
    private func statements(
        about version: Digest,
        among referrers: [Descriptor]
    ) async throws -> [PulledStatement] {
        var statements: [PulledStatement] = []
        for referrer in referrers where referrer.artifactType == .sigstoreBundle {
            guard let bytes = try await remote.manifest(referrer.digest, of: repository) else {
                continue
            }
            // What attaches no bundle is as none.
            guard let manifest = try? Manifest(parsing: bytes),
                manifest.subject?.digest == version, manifest.layers.count == 1,
                let bundle = manifest.layers.first, bundle.byteCount <= Manifest.byteLimit
            else { continue }
            try await download.blob(bundle)
            try await download.blob(manifest.config)
            _ = try store.blobs.put(bytes)
            statements.append(
                PulledStatement(referrer: referrer.digest, envelope: bundle.digest)
            )
        }
        return statements
    }

    /// Brings what the statements rest on, as far as it is there, whole and no more than is taken in;
    /// nothing that none of them names.
    ///
    /// A version can be had without it, as its statements prove themselves.
    ///
    /// - Returns: what is not here afterwards, or not whole.
    private func evidence(
        of statements: [PulledStatement],
        version: Digest,
        among referrers: [Descriptor]
    ) async throws -> [Digest] {
        var lists: [EvidenceList] = []
        for referrer in referrers where referrer.artifactType == .evidenceBlobs {
            guard let bytes = try await remote.manifest(referrer.digest, of: repository) else {
                continue
            }
            // What is no such list is as none.
            guard let list = try? EvidenceList(parsing: bytes, of: version) else { continue }
            lists.append(list)
        }
        let stated = try statements.compactMap { statement in
            let bytes = try store.blobs.read(statement.envelope, limit: Bundle.byteLimit)
            return try? Bundle(parsing: bytes).statement()
        }
        var asked = Set<Digest>()
        var failed = Set<Digest>()
        while true {
            // What an index names comes to light by it.
            let named = try stated.reduce(into: Set<Digest>()) {
                try $0.formUnion($1.evidence(in: store.blobs))
            }
            let next = EvidenceList(lists, namedBy: named, except: asked).blobs
            asked.formUnion(next.map(\.digest))
            if next.isEmpty {
                return named.filter { failed.contains($0) || !store.blobs.contains($0) }.sorted()
            }
            let came = try await resultsInParallel(of: next) { blob in
                do {
                    try await download.blob(blob)
                    return true
                } catch let error as RemoteError
                    where error.reason == .untrue || error.reason == .notFound
                { return false }
            }
            failed.formUnion(zip(next, came).filter { !$1 }.map(\.0.digest))
        }
    }
}
