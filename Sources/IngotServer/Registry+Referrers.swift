// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotEvidence
internal import IngotStore

extension Registry {
    /// What refers to a manifest: what was pushed about it, the statements of the log with their
    /// receipts and the list of the blobs that these rest on, and the list of the packs that its
    /// chunks lie in.
    func referrers(
        of content: ContentDigest,
        in repository: RepositoryName,
        _ request: RegistryRequest
    ) throws -> Reply {
        var headers: [(String, String)] = []
        if case .sha256(let digest) = content,
            try catalog.version(digest, in: repository) != nil
        {
            try linkStatements(about: digest, in: repository)
            if let remark = try linkEvidence(of: digest, in: repository) {
                headers.append(("Warning", "299 - \"version \(digest): \(remark)\""))
            }
            try linkReceipts(of: digest, in: repository)
            try linkPackList(of: digest, in: repository)
        }
        var links = try catalog.manifestLinks(about: content.description, in: repository)
        if let type = request.parameter("artifactType") {
            links = links.filter { $0.artifactType?.text == type }
            headers.append(("OCI-Filters-Applied", "artifactType"))
        }
        let manifests = try links.map { link -> JSONValue in
            let descriptor = Descriptor(
                mediaType: link.mediaType,
                digest: link.digest,
                byteCount: try store.blobs.byteCount(of: link.digest),
                annotations: link.annotations,
                artifactType: link.artifactType
            )
            return descriptor.json
        }
        return Reply(
            json: [
                "schemaVersion": 2, "mediaType": .string(MediaType.imageIndex.text),
                "manifests": .array(manifests),
            ],
            type: MediaType.imageIndex.text,
            headers
        )
    }

    private func linkStatements(about digest: Digest, in repository: RepositoryName) throws {
        for statement in try catalog.statements(about: digest)
        where try catalog.manifestLink(statement.referrer, in: repository) == nil {
            let bytes = try store.blobs.read(statement.referrer, limit: Manifest.byteLimit)
            let manifest = try PushedManifest(parsing: bytes, contentType: nil)
            try catalog.link(
                manifest.link(statement.referrer, isPushed: false),
                blobs: try manifest.named.compactMap { try resolve($0.digest) },
                in: repository
            )
        }
    }

    /// Makes the list of what the version's statements rest on, in place of the one before.
    ///
    /// Only statements that hold here count: others must not get at blobs by naming them.
    ///
    /// - Returns: What is to be said of those that it has no room for.
    private func linkEvidence(
        of version: Digest,
        in repository: RepositoryName
    ) throws -> String? {
        let list = try EvidenceList(of: ledger.evidence(about: version), in: store.blobs)
        let manifest = list.manifest(
            of: version,
            byteCount: try store.blobs.byteCount(of: version)
        )
        let digest = Digest.of(manifest.canonicalBytes)
        for known in try catalog.manifestLinks(about: version.description, in: repository)
        where known.artifactType == .evidenceBlobs && !known.isPushed && known.digest != digest {
            _ = try catalog.unlink(manifest: known.digest, in: repository)
        }
        if !list.blobs.isEmpty {
            try link(manifest, blobs: list.blobs.map(\.digest), in: repository)
        }
        return list.remark
    }

    /// Makes the receipts of the version's statements that are not there yet.
    ///
    /// Invariant (2): none whose entry names another repository.
    private func linkReceipts(of version: Digest, in repository: RepositoryName) throws {
        let byteCount = try store.blobs.byteCount(of: version)
        for receipt in try ledger.receipts(about: version, in: repository) {
            let manifest = receipt.manifest(of: version, byteCount: byteCount)
            let digest = Digest.of(manifest.canonicalBytes)
            guard try catalog.manifestLink(digest, in: repository) == nil else { continue }
            let batch = store.blobs.batch()
            let blobs = try receipt.blobs.map(batch.add)
            try batch.commit()
            try link(manifest, blobs: blobs, in: repository)
        }
    }

    /// Makes the version's pack list, unless there is one whose packs are all in the store.
    private func linkPackList(of version: Digest, in repository: RepositoryName) throws {
        guard let link = try manifestLink(version, in: repository) else { return }
        for list in try catalog.manifestLinks(about: version.description, in: repository)
        where list.artifactType == .packList {
            let bytes = try store.blobs.read(list.digest, limit: Manifest.byteLimit)
            let manifest = try PushedManifest(parsing: bytes, contentType: nil)
            let packs = try manifest.packs.compactMap(resolve)
            if packs.allSatisfy(store.blobs.contains) { return }
            // The store was repacked since.
            _ = try catalog.unlink(manifest: list.digest, in: repository)
        }
        let manifest = try store.manifest(version)
        guard manifest.layers.first?.mediaType == .tree else { return }
        let chunks = try cover(of: manifest).chunks
        let found =
            link.isPushed
            ? try packs(of: chunks, linkedIn: repository) : try store.packs(of: chunks)
        guard found.missing.isEmpty else {
            throw RegistryError(
                .unknown,
                "version \(version): a chunk of it is in no pack: run `ingot fsck`"
            )
        }
        try writePackList(of: version, packs: found.packs.sorted(), in: repository)
    }

    private func writePackList(
        of version: Digest,
        packs: [Digest],
        in repository: RepositoryName
    ) throws {
        guard !packs.isEmpty else { return }
        let sizes = try packs.map { ($0, try store.blobs.byteCount(of: $0)) }
        let list = PackList(Dictionary(uniqueKeysWithValues: sizes)).manifest(
            of: Descriptor(
                mediaType: .imageManifest,
                digest: version,
                byteCount: try store.blobs.byteCount(of: version)
            )
        )
        try link(list, blobs: packs, in: repository)
    }

    /// Stores a manifest about a version that nobody pushed, and links it with its blobs.
    private func link(
        _ manifest: Manifest,
        blobs: [Digest],
        in repository: RepositoryName
    ) throws {
        let bytes = manifest.canonicalBytes
        guard try catalog.manifestLink(Digest.of(bytes), in: repository) == nil else { return }
        let config = try store.blobs.put(EmptyConfig.bytes)
        let digest = try store.blobs.put(bytes)
        try catalog.link(
            PushedManifest(parsing: bytes, contentType: nil).link(digest, isPushed: false),
            blobs: [config] + blobs,
            in: repository
        )
    }
}
