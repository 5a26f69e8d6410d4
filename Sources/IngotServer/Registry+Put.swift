// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotCrypto
internal import IngotEvidence
internal import IngotStore
internal import NIOHTTP1

extension Registry {
    /// Tags that one manifest is pushed with.
    private static let tagLimit = 100
    /// Times that a tag is looked up again because somebody moved it meanwhile.
    private static let moveTries = 8

    /// Takes a manifest by digest or tag; further tags may be in the query.
    func put(
        _ bytes: [UInt8],
        as name: RegistryRoute.Name,
        in repository: RepositoryName,
        _ request: RegistryRequest
    ) throws -> Reply {
        var tags: [Tag] = []
        if case .tag(let tag) = name { tags.append(tag) }
        var named = ContentDigest.sha256(Digest.of(bytes))
        if case .digest(let content) = name {
            guard content.names(bytes) else {
                throw RegistryError(.digestInvalid, "the manifest's bytes are not \(content)")
            }
            named = content
        }
        let queried = request.query["tag"] ?? []
        guard queried.count <= Self.tagLimit else {
            throw RegistryError(
                .unsupported,
                "more than \(Self.tagLimit) tags in one push",
                status: .uriTooLong
            )
        }
        for text in queried {
            do {
                tags.append(try Tag(parsing: text))
            } catch { throw RegistryError(.manifestInvalid, error.message) }
        }
        let manifest = try PushedManifest(
            parsing: bytes,
            contentType: request.headers.first(name: "content-type")
        )
        let digest = try keep(bytes, manifest, named, in: repository)
        for tag in tags {
            try move(tag, to: digest, manifest.kind, in: repository, request.headers)
        }
        var headers = [
            ("Location", "/v2/\(repository)/manifests/\(named)"),
            ("Docker-Content-Digest", "\(named)"),
        ]
        if let subject = manifest.subject { headers.append(("OCI-Subject", "\(subject)")) }
        if !queried.isEmpty { headers.append(("OCI-Tag", queried.joined(separator: ", "))) }
        return Reply(.created, headers)
    }

    /// Stores the manifest and links it, when all that it names is there.
    private func keep(
        _ bytes: [UInt8],
        _ manifest: PushedManifest,
        _ named: ContentDigest,
        in repository: RepositoryName
    ) throws -> Digest {
        let blobs = try presentBlobs(of: manifest, in: repository)
        if manifest.hasTree { try checkTree(bytes, in: repository) }
        for pack in manifest.packs {
            guard let pack = try resolve(pack), try store.chunks(inPack: pack) != nil else {
                throw PushedManifest.invalid("\(pack) is listed as a pack and is none")
            }
        }
        // Invariant (1).
        let digest = try store.blobs.put(bytes)
        if case .sha512(let name) = named { try catalog.addAlias(sha512: name, of: digest) }
        try catalog.link(manifest.link(digest, isPushed: true), blobs: blobs, in: repository)
        return digest
    }

    /// What the manifest names, under the store's names.
    private func presentBlobs(
        of manifest: PushedManifest,
        in repository: RepositoryName
    ) throws -> [Digest] {
        var blobs: [Digest] = []
        for item in manifest.named where !item.isElsewhere {
            guard let digest = try resolve(item.digest) else {
                throw missing(item.digest, in: repository)
            }
            if item.isManifest {
                guard try manifestLink(digest, in: repository) != nil else {
                    throw missing(item.digest, in: repository)
                }
            } else {
                blobs.append(digest)
            }
        }
        if let first = try catalog.unlinked(blobs, in: repository).first {
            try linkVersions(of: repository)
            if try catalog.unlinked(blobs, in: repository).contains(first) {
                throw missing(.sha256(first), in: repository)
            }
        }
        // What a collection is about to remove must be sent anew.
        for blob in blobs where !store.blobs.keeps(blob) {
            throw missing(.sha256(blob), in: repository)
        }
        return blobs
    }

    private func missing(_ digest: ContentDigest, in repository: RepositoryName) -> RegistryError {
        RegistryError(.manifestBlobUnknown, "\(digest): not in \(repository): push it first")
    }

    /// Invariant (3): each chunk of the tree lies in a pack that came to this repository.
    private func checkTree(_ bytes: [UInt8], in repository: RepositoryName) throws {
        let manifest: Manifest
        do {
            manifest = try Manifest(parsing: bytes)
        } catch { throw PushedManifest.invalid(error.message) }
        let cover = try self.cover(of: manifest)
        let raw = Set(manifest.layers.dropFirst().map(\.digest))
        guard cover.raw.isSubset(of: raw) else {
            throw PushedManifest.invalid("its tree has a raw file that is none of its layers")
        }
        let packs = try self.packs(of: cover.chunks, linkedIn: repository)
        if let chunk = packs.missing.first {
            throw RegistryError(
                .manifestBlobUnknown,
                "chunk \(chunk) of the version is in no pack of \(repository): push its packs first"
            )
        }
    }

    /// The chunks and raw files that a version is made of.
    func cover(of manifest: Manifest) throws -> (chunks: Set<Digest>, raw: Set<Digest>) {
        var chunks = Set<Digest>()
        var raw = Set<Digest>()
        do {
            try store.forEachChunk(of: manifest, raw: { raw.insert($0) }) { chunks.insert($0) }
        } catch let error as StoreError {
            throw RegistryError(
                .manifestBlobUnknown,
                "a page of the version's tree, or a list of chunks, is no such thing or not whole "
                    + "here: push the manifest's blobs again",
                detail: error.message
            )
        }
        return (chunks, raw)
    }

    /// Packs of a repository that hold these chunks, and the chunks that none of its packs holds.
    ///
    /// The index knows one place of each chunk, which may be a pack of another repository; then
    /// this one's packs are searched.
    func packs(
        of chunks: Set<Digest>,
        linkedIn repository: RepositoryName
    ) throws -> (packs: Set<Digest>, missing: [Digest]) {
        let known = try store.packs(of: chunks)
        guard known.missing.isEmpty else { return ([], known.missing) }
        let foreign = Set(try catalog.unlinked(known.packs, in: repository))
        if foreign.isEmpty { return (known.packs, []) }
        var rest = Set(
            try store.index.locations(of: Array(chunks)).filter { foreign.contains($0.value.pack) }
                .keys
        )
        var packs = known.packs.subtracting(foreign)
        // Not those of the index: one whose chunks it knows elsewhere is no pack to it.
        let own = try catalog.linkedBlobs(in: repository)
        for pack in own.subtracting(packs).sorted()
        where !rest.isEmpty && store.blobs.contains(pack) {
            let found = Set(try store.chunks(inPack: pack) ?? []).intersection(rest)
            guard !found.isEmpty else { continue }
            packs.insert(pack)
            rest.subtract(found)
        }
        // A pack that is needed anyway may hold them as well.
        for pack in packs.sorted() where !rest.isEmpty {
            rest.subtract(try store.chunks(inPack: pack) ?? [])
        }
        return (packs, rest.sorted())
    }

    /// Gives a manifest its number, where it has none, and moves a tag to it: one log entry, or
    /// none when nothing changes.
    private func move(
        _ tag: Tag,
        to digest: Digest,
        _ kind: Kind,
        in repository: RepositoryName,
        _ headers: HTTPHeaders
    ) throws {
        let condition = try TagCondition(headers)
        for attempt in 1...Self.moveTries {
            let current = try self.digest(of: tag, in: repository)
            try condition.check(tag, current)
            if current == digest { return }
            let version = try catalog.version(digest, in: repository)
            var changes: [Change] = []
            if let number = tag.versionNumber {
                if let current {
                    throw RegistryError(
                        .denied,
                        "\(repository):\(tag) is \(current): a version's number never moves",
                        status: .conflict
                    )
                }
                if let version {
                    throw RegistryError(
                        .denied,
                        "\(repository): this content is already there as \(version.tag)",
                        status: .conflict
                    )
                }
                changes = [
                    .version(repository: repository, number: number, digest: digest, kind: kind)
                ]
            } else {
                if version == nil {
                    changes.append(.version(repository: repository, digest: digest, kind: kind))
                }
                changes.append(.tag(repository: repository, tag: tag, from: current, to: digest))
            }
            do {
                _ = try ledger.append(act: .pushed, role: .publisher, changes: changes)
                return
            } catch let error as CatalogError where error.code == .conflict {
                // Somebody was faster; whoever set no condition wins by coming last.
                guard attempt < Self.moveTries else { throw error }
            }
        }
    }
}

/// A compare-and-swap that a client asks for with a tag: RFC 9110 §13.1.
private struct TagCondition {
    /// Nil: whatever it is.
    ///
    /// An element that is nil stands for a tag that does not exist.
    private let expected: Digest??

    init(_ headers: HTTPHeaders) throws(RegistryError) {
        if let text = headers.first(name: "if-match") {
            let bare = text.split(separator: "\"").first.map(String.init) ?? text
            do {
                expected = .some(try Digest(parsing: bare))
            } catch { throw RegistryError(.digestInvalid, "If-Match: \(error.message)") }
        } else if headers.first(name: "if-none-match") == "*" {
            expected = .some(nil)
        } else {
            expected = .none
        }
    }

    func check(_ tag: Tag, _ current: Digest?) throws(RegistryError) {
        guard let expected, expected != current else { return }
        throw RegistryError(
            .denied,
            "tag '\(tag)' names \(current?.description ?? "nothing") now, not "
                + "\(expected?.description ?? "nothing"): look at it and push again",
            status: .preconditionFailed
        )
    }
}
