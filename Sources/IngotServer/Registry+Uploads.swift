// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotCrypto
internal import IngotStore
internal import NIOHTTP1

extension Registry {
    /// Mounts a blob, or begins an upload without its bytes.
    func begin(in repository: RepositoryName, _ request: RegistryRequest) throws -> Reply {
        if let algorithm = request.parameter("digest-algorithm"),
            !["sha256", "sha512"].contains(algorithm)
        {
            throw RegistryError(.digestInvalid, "\(algorithm): use sha256 or sha512")
        }
        if let content = try request.digestParameter("mount"),
            try mount(content, from: request.parameter("from"), to: repository, request.access)
        {
            return created(content, in: repository)
        }
        return Reply(.accepted, try newUpload(in: repository, isResumable: true).headers)
    }

    private func created(_ content: ContentDigest, in repository: RepositoryName) -> Reply {
        Reply(
            .created,
            [
                ("Location", "/v2/\(repository)/blobs/\(content)"),
                ("Docker-Content-Digest", content.description),
            ]
        )
    }

    private func newUpload(
        in repository: RepositoryName,
        isResumable: Bool
    ) throws -> Upload {
        let upload = try Upload.begin(
            in: repository,
            of: store.blobs,
            isResumable: isResumable
        )
        do {
            try uploads.add(upload)
        } catch {
            upload.discard()
            throw error
        }
        return upload
    }

    /// False when no repository that the client may read has the blob.
    private func mount(
        _ content: ContentDigest,
        from source: String?,
        to repository: RepositoryName,
        _ access: Access
    ) throws -> Bool {
        guard let digest = try resolve(content) else { return false }
        let sources: [RepositoryName]
        if let source {
            do {
                sources = [try RepositoryName(parsing: source)]
            } catch { throw RegistryError(.nameInvalid, error.message) }
        } else {
            sources = try catalog.repositories(withBlob: digest)
        }
        for source in sources where access.canRead(source) {
            guard try open(content, in: source) != nil else { continue }
            try catalog.link(blob: digest, in: repository)
            return true
        }
        return false
    }

    /// Whether the bytes of a request's body are an upload's.
    static func isUpload(_ request: RegistryRequest) -> Bool {
        switch (request.route, request.method) {
        case (.upload, "PATCH"), (.upload, "PUT"): true
        case (.uploads, "POST"): request.parameter("digest") != nil
        default: false
        }
    }

    /// Finds or begins the upload that the body of a request belongs to, and claims it.
    func openBody(_ request: RegistryRequest) throws -> Upload {
        switch request.route {
        case .uploads(let repository):
            let upload = try newUpload(in: repository, isResumable: false)
            try upload.claim()
            return upload
        case .upload(let repository, let id):
            let upload = try uploads.find(id, in: repository)
            try upload.claim()
            do {
                try check(request, continues: upload)
            } catch {
                upload.release()
                throw error
            }
            return upload
        default: throw RegistryError(.unsupported, "no upload's path")
        }
    }

    /// A piece must begin where the last one ended: `Content-Range: <first>-<last>`, without a
    /// unit.
    private func check(
        _ request: RegistryRequest,
        continues upload: Upload
    ) throws(RegistryError) {
        if request.method == "PUT" {
            guard try request.digestParameter("digest") != nil else {
                throw RegistryError(.digestInvalid, "the digest is missing from the query")
            }
        }
        guard var text = request.headers.first(name: "content-range")?[...] else { return }
        if text.utf8.starts(with: "bytes ".utf8) { text = text.dropFirst(6) }
        let sides = text.prefix { $0 != "/" }.split(separator: "-", maxSplits: 1)
        guard sides.count == 2, let first = Int(sides[0]), let last = Int(sides[1]), first >= 0,
            last >= first
        else {
            throw RegistryError(
                .blobUploadInvalid,
                "Content-Range: \(text): expected <first>-<last>"
            )
        }
        guard first == upload.byteCount else {
            throw RegistryError(
                .blobUploadInvalid,
                "Content-Range: \(text): the upload has \(upload.byteCount) bytes: go on there",
                status: .rangeNotSatisfiable,
                headers: upload.headers
            )
        }
        if let length = request.contentLength, length != last - first + 1 {
            throw RegistryError(
                .sizeInvalid,
                "Content-Range: \(text): the body has \(length) bytes"
            )
        }
    }

    /// Answers a request whose whole body is in its upload.
    func closeBody(_ request: RegistryRequest, _ upload: Upload) throws -> Reply {
        if request.method == "PATCH" {
            upload.release()
            return Reply(.accepted, upload.headers)
        }
        defer { uploads.remove(upload) }
        guard let content = try request.digestParameter("digest") else {
            throw RegistryError(.digestInvalid, "the digest is missing from the query")
        }
        try leased { try commit(upload, as: content) }
        return created(content, in: upload.repository)
    }

    /// Lets an upload go whose request did not come to its end: its bytes stay, for a client that
    /// resumes.
    func abandonBody(_ request: RegistryRequest, _ upload: Upload, isBroken: Bool) {
        upload.release()
        // Nobody knows the id of one that a single request was to be.
        if isBroken || request.method == "POST" { uploads.remove(upload) }
    }

    private func commit(_ upload: Upload, as content: ContentDigest) throws {
        let repository = upload.repository
        let blobs = store.blobs
        let (digest, pack) = try upload.end { writer throws -> (Digest, PackDirectory?) in
            if case .sha512(let expected) = content, try Self.sha512(of: writer) != expected {
                throw Self.otherDigest(content)
            }
            let pack: PackDirectory?
            do {
                pack = try writer.checkedPackDirectory()
            } catch let error as StoreError {
                throw RegistryError(.blobUploadInvalid, error.message)
            }
            let batch = blobs.batch()
            let digest = try batch.add(writer, replacing: true).digest
            // Not committed: the batch takes the bytes with it.
            if case .sha256(let expected) = content, digest != expected {
                throw Self.otherDigest(content)
            }
            // Invariant (1).
            try batch.commit()
            return (digest, pack)
        }
        checked.record(try BlobReader(digest, of: blobs), isWhole: true)
        if let pack { try store.index.add(pack, of: digest) }
        if case .sha512(let name) = content { try catalog.addAlias(sha512: name, of: digest) }
        try catalog.link(blob: digest, in: repository)
    }

    private static func otherDigest(_ content: ContentDigest) -> RegistryError {
        RegistryError(.digestInvalid, "the bytes that arrived are not \(content): send them again")
    }

    private static func sha512(of writer: BlobWriter) throws -> [UInt8] {
        let hasher = SHA512Hasher()
        var offset = 0
        while offset < writer.byteCount {
            let count = min(1 << 20, writer.byteCount - offset)
            guard let bytes = try writer.read(count, at: offset) else { return [] }
            hasher.update(bytes)
            offset += count
        }
        return hasher.finish()
    }
}
