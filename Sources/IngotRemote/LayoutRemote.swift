// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// A remote that is an OCI image layout in a directory or a bucket. Invariants:
///
/// (1) `index.json` names every tag as `repository:tag` and the referrers of a manifest as
///     `repository:sha256-<hex>`, and names only blobs that were kept before.
/// (2) It changes by compare-and-swap on its whole content: of two writers one reads again.
final class LayoutRemote: Remote {
    let name: String
    private let objects: any ObjectStore
    private let turn = Turn()

    /// Somebody else wins a swap only by finishing one; this many losses in a row mean trouble.
    private static let swapLimit = 100

    init(name: String, objects: any ObjectStore) {
        self.name = name
        self.objects = objects
    }

    func shutdown() async throws { try await objects.shutdown() }

    func tag(_ tag: Tag, of repository: RepositoryName) async throws -> Descriptor? {
        try await readIndex().index.descriptor(named: "\(repository.text):\(tag.text)")
    }

    func tags(of repository: RepositoryName) async throws -> [Tag] {
        try await readIndex().index.tags(of: repository)
    }

    func move(
        _ tag: Tag,
        of repository: RepositoryName,
        from expected: Digest?,
        to manifest: Descriptor
    ) async throws {
        guard !LayoutIndex.isReferrersTag(tag.text) else {
            throw RemoteError(.failed, "tag \(tag): names of this form belong to referrers")
        }
        guard try await objects.byteCount(of: .blob(manifest.digest)) == manifest.byteCount else {
            throw RemoteError(
                .notFound,
                "\(name): manifest \(manifest.digest) is not there: push it before its tag"
            )
        }
        let refName = "\(repository.text):\(tag.text)"
        try await change { index, attempt in
            let current = try index.descriptor(named: refName)
            // An answer that was lost: the swap before this one was ours.
            if attempt > 0, current?.digest == manifest.digest { return false }
            guard current?.digest == expected else {
                throw RemoteError.moved(refName, on: self.name, to: current?.digest)
            }
            index.set(manifest, named: refName)
            return true
        }
    }

    func manifest(_ digest: Digest, of repository: RepositoryName) async throws -> [UInt8]? {
        let object = try await objects.read(.blob(digest), limit: Manifest.byteLimit)
        guard let bytes = object?.bytes else { return nil }
        guard Digest.of(bytes) == digest else {
            throw RemoteError(
                .untrue,
                "\(name): manifest \(digest) has other bytes there: push it again"
            )
        }
        return bytes
    }

    func putManifest(
        _ bytes: [UInt8],
        as descriptor: Descriptor,
        of repository: RepositoryName
    ) async throws {
        try RemoteError.check(bytes, are: descriptor)
        try await put(bytes, descriptor.digest)
        guard let referrer = try IncomingReferrer(bytes, descriptor: descriptor) else { return }
        let refName = "\(repository.text):\(LayoutIndex.referrersTag(of: referrer.subject))"
        try await change { index, _ in
            var list = try await self.list(of: index.descriptor(named: refName))
            guard list.add(referrer: referrer.descriptor) else { return false }
            let bytes = list.bytes
            let listed = Descriptor(
                mediaType: .imageIndex,
                digest: Digest.of(bytes),
                byteCount: bytes.count
            )
            guard bytes.count <= Manifest.byteLimit else {
                throw RemoteError(
                    .failed,
                    "\(self.name): \(referrer.subject) has more referrers than an index can list"
                )
            }
            // Invariant (1).
            try await self.put(bytes, listed.digest)
            index.set(listed, named: refName)
            return true
        }
    }

    func referrers(
        of subject: Digest,
        in repository: RepositoryName
    ) async throws -> [Descriptor] {
        let refName = "\(repository.text):\(LayoutIndex.referrersTag(of: subject))"
        return try await list(of: readIndex().index.descriptor(named: refName)).descriptors()
    }

    func hasBlob(_ digest: Digest, in repository: RepositoryName) async throws -> Bool {
        try await objects.byteCount(of: .blob(digest)) != nil
    }

    func upload(
        _ blob: OutgoingBlob,
        to repository: RepositoryName,
        mountedFrom source: RepositoryName?
    ) async throws { try await objects.put(blob) }

    func download(
        _ digest: Digest,
        of repository: RepositoryName,
        bytes: Range<Int>,
        receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        guard !bytes.isEmpty else { return }
        try unsafe await objects.download(digest, bytes: bytes, receive: receive)
    }
}

extension LayoutRemote {
    private func readIndex() async throws -> (index: LayoutIndex, version: String?) {
        guard let object = try await objects.read(.index, limit: LayoutIndex.byteLimit) else {
            return (LayoutIndex(), nil)
        }
        do {
            return (try LayoutIndex(parsing: object.bytes), object.version)
        } catch { throw RemoteError(.untrue, "\(name)/index.json: \(error.message)") }
    }

    private func list(of descriptor: Descriptor?) async throws -> LayoutIndex {
        guard let descriptor else { return LayoutIndex() }
        let object = try await objects.read(
            .blob(descriptor.digest),
            limit: Manifest.byteLimit
        )
        guard let bytes = object?.bytes, Digest.of(bytes) == descriptor.digest else {
            throw RemoteError(
                .untrue,
                "\(name): the list of referrers \(descriptor.digest) is missing or damaged there"
            )
        }
        return try LayoutIndex(parsing: bytes)
    }

    private func put(_ bytes: [UInt8], _ digest: Digest) async throws {
        try await objects.put(
            OutgoingBlob(digest: digest, byteCount: bytes.count) { Array(bytes[$0]) }
        )
    }

    /// Invariant (2): applies `edit` to what is there until it could be swapped in, or until it
    /// says that there is nothing to do.
    private func change(
        _ edit: (inout LayoutIndex, _ attempt: Int) async throws -> Bool
    ) async throws {
        try await turn.run {
            for attempt in 0..<Self.swapLimit {
                var (index, version) = try await readIndex()
                guard try await edit(&index, attempt) else { return }
                if try await objects.replaceIndex(with: index.bytes, expecting: version) { return }
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...20 * (attempt + 1))))
            }
            throw RemoteError(
                .conflict,
                "\(name)/index.json: changed each time it was to be replaced: try again later"
            )
        }
    }
}

extension RemoteError {
    static func moved(_ refName: String, on remote: String, to digest: Digest?) -> RemoteError {
        let state = digest.map { "names \($0.description)" } ?? "does not exist"
        return RemoteError(
            .conflict,
            "\(remote): tag \(refName) \(state) by now: pull, then push again"
        )
    }

    /// Refuses a manifest whose bytes are not what its descriptor says, before anything is sent.
    static func check(_ bytes: [UInt8], are descriptor: Descriptor) throws {
        guard bytes.count <= Manifest.byteLimit else {
            throw RemoteError(
                .failed,
                "manifest \(descriptor.digest): \(bytes.count) bytes, more than "
                    + "\(Manifest.byteLimit) that registries accept"
            )
        }
        guard bytes.count == descriptor.byteCount, Digest.of(bytes) == descriptor.digest else {
            throw RemoteError(
                .untrue,
                "manifest \(descriptor.digest): the bytes to be sent have another digest"
            )
        }
    }
}
