// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// Tags and referrers.
extension RegistryRemote {
    private static let pageByteLimit = 8 << 20
    private static let pageLimit = 10_000
    private static let tagLimit = 1_000_000
    /// Writers that cannot lock each other out look again whether what they wrote is there.
    private static let listTryCount = 5

    func tags(of repository: RepositoryName) async throws -> [Tag] {
        let place = try place("tags/list", of: repository).appending(query: "n=1000")
        var texts = Set<String>()
        try await pages(from: place, of: repository, accept: "application/json") { json in
            let count = texts.count
            texts.formUnion((json["tags"]?.array ?? []).compactMap(\.string))
            guard texts.count <= Self.tagLimit else {
                throw RemoteError(.untrue, "\(self.name): lists tags without end")
            }
            return texts.count > count
        }
        return LayoutIndex.sorted(Array(texts))
    }

    func referrers(
        of subject: Digest,
        in repository: RepositoryName
    ) async throws -> [Descriptor] {
        var found: [Descriptor] = []
        var digests = Set<Digest>()
        let isKnown = try await pages(
            from: place("referrers/\(subject.description)", of: repository),
            of: repository,
            accept: MediaType.imageIndex.text
        ) { json in
            let count = found.count
            for entry in json["manifests"]?.array ?? [] {
                let descriptor = try Descriptor(json: entry)
                if digests.insert(descriptor.digest).inserted { found.append(descriptor) }
            }
            return found.count > count
        }
        if isKnown { return found }
        return try await fallbackList(of: subject, in: repository)?.index.descriptors() ?? []
    }

    /// Follows the pages of a list; false where the registry does not know the first one.
    ///
    /// `take` says whether there was anything new, so that no registry can send us in a circle.
    @discardableResult
    private func pages(
        from first: WebAddress,
        of repository: RepositoryName,
        accept: String,
        take: (JSONValue) throws -> Bool
    ) async throws -> Bool {
        var place: WebAddress? = first
        var count = 0
        while let current = place {
            let page = try await get(
                current,
                .pull(scopeName(repository)),
                accept: accept,
                limit: Self.pageByteLimit
            )
            guard let page else { return count > 0 }
            count += 1
            let json: JSONValue
            do {
                json = try JSONValue(parsing: page.bytes)
            } catch {
                throw RemoteError(.untrue, "\(name): \(current.path) is no JSON: \(error.message)")
            }
            let hasNews = try take(json)
            place = nil
            if hasNews, let next = Self.next(in: page.headers["Link"]) {
                guard let address = current.resolving(next), address.hasSameOrigin(as: current),
                    count < Self.pageLimit
                else {
                    throw RemoteError(
                        .untrue,
                        "\(name): the list goes on at \(RemoteError.line(next)), "
                            + "which is not followed"
                    )
                }
                place = address
            }
        }
        return true
    }

    /// The target of `<…>; rel="next"` (RFC 8288).
    static func next(in links: [String]) -> String? {
        for link in links.prefix(8) where link.utf8.count <= WebAddress.byteLimit {
            guard let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">"),
                open < close
            else { continue }
            let parameters = link[close...].filter { $0 != " " && $0 != "\"" }
            if parameters.lowercased().contains("rel=next") {
                return String(link[link.index(after: open)..<close])
            }
        }
        return nil
    }
}

/// The referrers tag schema, for registries that do not list referrers.
extension RegistryRemote {
    private func fallbackList(
        of subject: Digest,
        in repository: RepositoryName
    ) async throws -> (index: LayoutIndex, digest: Digest)? {
        let tag = LayoutIndex.referrersTag(of: subject)
        guard let found = try await readTag(tag, of: repository) else { return nil }
        do {
            return (try LayoutIndex(parsing: found.bytes), found.descriptor.digest)
        } catch {
            throw RemoteError(.untrue, "\(name): tag \(tag) is no list of referrers")
        }
    }

    /// Adds a referrer to the list of its subject.
    func list(_ referrer: IncomingReferrer, in repository: RepositoryName) async throws {
        let tag = LayoutIndex.referrersTag(of: referrer.subject)
        let place = try place("manifests/\(tag)", of: repository)
        try await turn.run {
            for _ in 0..<Self.listTryCount {
                let current = try await fallbackList(of: referrer.subject, in: repository)
                var index = current?.index ?? LayoutIndex()
                guard index.add(referrer: referrer.descriptor) else { return }
                let bytes = index.bytes
                guard bytes.count <= Manifest.byteLimit else {
                    throw RemoteError(
                        .failed,
                        "\(name): \(referrer.subject) has more referrers than an index can list"
                    )
                }
                do {
                    _ = try await put(
                        bytes,
                        as: .imageIndex,
                        at: place,
                        swapping: .some(current?.digest)
                    )
                } catch let error as RemoteError where error.reason == .conflict { continue }
            }
            throw RemoteError(
                .conflict,
                "\(name): the list of referrers \(tag) is replaced by others again and again"
            )
        }
    }
}
