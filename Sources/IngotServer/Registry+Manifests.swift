// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotCrypto
internal import IngotStore
internal import NIOCore

extension Registry {
    /// The manifest that a tag or digest names in a repository.
    func manifest(
        _ name: RegistryRoute.Name,
        of repository: RepositoryName
    ) throws -> ServedManifest {
        let generation = manifests.generation
        let found = try look(up: name, in: repository)
        manifests.add(
            found.reply,
            as: ManifestCache.Key(repository: repository, name: name),
            generation: generation
        )
        return found
    }

    private func look(
        up name: RegistryRoute.Name,
        in repository: RepositoryName
    ) throws -> ServedManifest {
        let digest: Digest?
        let shown: ContentDigest
        switch name {
        case .tag(let tag):
            digest = try self.digest(of: tag, in: repository)
            shown = .sha256(digest ?? Digest.of([]))
        case .digest(let content):
            digest = try resolve(content)
            shown = content
        }
        guard let digest, let link = try manifestLink(digest, in: repository) else {
            guard try catalog.isKnown(repository) else { throw unknown(repository) }
            throw RegistryError(.manifestUnknown, "\(Self.text(of: name)): not in \(repository)")
        }
        let bytes: [UInt8]
        do {
            bytes = try store.blobs.read(digest, limit: Manifest.byteLimit)
        } catch let error as StoreError {
            throw RegistryError(
                .manifestUnknown,
                "manifest \(shown): damaged or removed here: push it again",
                detail: error.message
            )
        }
        return ServedManifest(
            bytes: ByteBuffer(bytes: bytes),
            mediaType: link.mediaType,
            digest: shown
        )
    }

    static func text(of name: RegistryRoute.Name) -> String {
        switch name {
        case .tag(let tag): "tag '\(tag)'"
        case .digest(let digest): "manifest \(digest)"
        }
    }

    /// What a tag names, `vN` included.
    func digest(of tag: Tag, in repository: RepositoryName) throws -> Digest? {
        do {
            return try catalog.resolve(Reference(repository: repository, target: .tag(tag)))
        } catch let error as CatalogError where error.code == .notFound { return nil }
    }

    /// The link of a manifest; that of a version which was added on this side is made at the first
    /// look.
    func manifestLink(
        _ digest: Digest,
        in repository: RepositoryName
    ) throws -> ManifestLink? {
        if let link = try catalog.manifestLink(digest, in: repository) { return link }
        guard try catalog.version(digest, in: repository) != nil else { return nil }
        return try linkVersion(digest, in: repository)
    }

    private func linkVersion(
        _ digest: Digest,
        in repository: RepositoryName
    ) throws -> ManifestLink {
        let bytes = try store.blobs.read(digest, limit: Manifest.byteLimit)
        let pushed = try PushedManifest(parsing: bytes, contentType: nil)
        let link = pushed.link(digest, isPushed: false)
        let blobs = try pushed.named.compactMap { try resolve($0.digest) }
        try catalog.link(link, blobs: blobs, in: repository)
        return link
    }

    /// Links what versions that were added on this side are made of.
    func linkVersions(of repository: RepositoryName) throws {
        for version in try catalog.unlinkedVersions(of: repository) {
            do {
                _ = try linkVersion(version, in: repository)
            } catch is StoreError {
                // A damaged version must not hide the others: whoever asks for it meets the fault.
            }
        }
    }

    func deleteManifest(
        _ name: RegistryRoute.Name,
        in repository: RepositoryName
    ) throws -> Reply {
        switch name {
        case .tag(let tag):
            guard let digest = try self.digest(of: tag, in: repository) else {
                throw RegistryError(.manifestUnknown, "tag '\(tag)': not in \(repository)")
            }
            guard tag.versionNumber == nil else {
                throw RegistryError(
                    .unsupported,
                    "tag '\(tag)': it is the version's number: delete the manifest \(digest)"
                )
            }
            try remove([(tag, digest)], version: nil, in: repository)
        case .digest(let content):
            guard let digest = try resolve(content),
                try manifestLink(digest, in: repository) != nil
            else {
                throw RegistryError(.manifestUnknown, "manifest \(content): not in \(repository)")
            }
            if try catalog.version(digest, in: repository) != nil {
                let tags = try catalog.tags(of: repository).filter { $0.digest == digest }
                try remove(tags.map { ($0.tag, digest) }, version: digest, in: repository)
            }
            _ = try catalog.unlink(manifest: digest, in: repository)
        }
        return Reply(.accepted)
    }

    private func remove(
        _ tags: [(tag: Tag, digest: Digest)],
        version: Digest?,
        in repository: RepositoryName
    ) throws {
        var changes = tags.map {
            Change.tag(repository: repository, tag: $0.tag, from: $0.digest, to: nil)
        }
        if let version {
            changes.append(.versionRemoved(repository: repository, digest: version))
        }
        _ = try ledger.append(act: .removed, role: .publisher, changes: changes)
    }
}
