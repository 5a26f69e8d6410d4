// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import NIOHTTP1

/// A remote that is an OCI registry (distribution-spec 1.1). Invariants:
///
/// (1) Manifests are sent and kept as the bytes they are; what arrives has the digest asked for.
/// (2) A tag is read before it moves. `ingot serve` compares again while it moves it (`If-Match`);
///     other registries cannot, so there two writers at the same moment may not see each other.
final class RegistryRemote: Remote {
    let name: String
    let address: RegistryAddress
    let client: WebClient
    let retry: RetryPolicy
    private let authorization: RegistryAuthorization
    let turn = Turn()

    /// Everything that may be a version, or list versions; the order is a preference.
    private static let manifestTypes = [
        MediaType.imageManifest.text, MediaType.imageIndex.text,
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ].joined(separator: ", ")

    init(
        name: String,
        address: RegistryAddress,
        credentials: RegistryCredentials?,
        client: WebClient,
        retry: RetryPolicy = RetryPolicy()
    ) {
        self.name = name
        self.address = address
        self.client = client
        self.retry = retry
        authorization = RegistryAuthorization(
            root: address.root,
            credentials: credentials,
            client: client
        )
    }

    func shutdown() async throws { try await client.shutdown() }

    func tag(_ tag: Tag, of repository: RepositoryName) async throws -> Descriptor? {
        try await readTag(tag.text, of: repository)?.descriptor
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
        guard let bytes = try await self.manifest(manifest.digest, of: repository) else {
            throw RemoteError(
                .notFound,
                "\(name): manifest \(manifest.digest) is not there: push it before its tag"
            )
        }
        let refName = "\(repository.text):\(tag.text)"
        let target = try place("manifests/\(tag.text)", of: repository)
        try await turn.run {
            let current = try await readTag(tag.text, of: repository)?.descriptor.digest
            guard current == expected else {
                throw RemoteError.moved(refName, on: name, to: current)
            }
            do {
                _ = try await put(bytes, as: manifest.mediaType, at: target, swapping: expected)
            } catch let error as RemoteError where error.reason == .conflict {
                // The answer to a try before may have been lost.
                let current = try await readTag(tag.text, of: repository)?.descriptor.digest
                guard current == manifest.digest else {
                    throw RemoteError.moved(refName, on: name, to: current)
                }
            }
        }
    }

    func manifest(_ digest: Digest, of repository: RepositoryName) async throws -> [UInt8]? {
        let found = try await get(
            place("manifests/\(digest.description)", of: repository),
            .pull(scopeName(repository)),
            accept: Self.manifestTypes,
            limit: Manifest.byteLimit
        )
        guard let found else { return nil }
        guard Digest.of(found.bytes) == digest else {
            throw RemoteError(
                .untrue,
                "\(name): answers with other bytes than those of manifest \(digest)"
            )
        }
        return found.bytes
    }

    func putManifest(
        _ bytes: [UInt8],
        as descriptor: Descriptor,
        of repository: RepositoryName
    ) async throws {
        try RemoteError.check(bytes, are: descriptor)
        let referrer = try IncomingReferrer(bytes, descriptor: descriptor)
        let isListed = try await put(
            bytes,
            as: descriptor.mediaType,
            at: place("manifests/\(descriptor.digest.description)", of: repository)
        )
        guard let referrer, !isListed else { return }
        try await list(referrer, in: repository)
    }

    func hasBlob(_ digest: Digest, in repository: RepositoryName) async throws -> Bool {
        let request = WebRequest(
            method: .HEAD,
            address: try place("blobs/\(digest.description)", of: repository)
        )
        return try await exchange(request, .pull(scopeName(repository))) { reply in
            switch reply.status {
            case 200: return true
            case 404: return false
            default:
                throw await RegistryFault.error(reply, doing: "\(self.name): blob \(digest)")
            }
        }
    }
}

/// What all requests have in common.
extension RegistryRemote {
    func scopeName(_ repository: RepositoryName) throws -> RepositoryName {
        try address.name(of: repository)
    }

    func place(_ rest: String, of repository: RepositoryName) throws -> WebAddress {
        var place = address.root
        place.path = "/v2/\(try scopeName(repository).text)/\(rest)"
        return place
    }

    /// Sends a request until it is answered, with the credentials that it needs.
    func exchange<Value>(
        _ request: WebRequest,
        _ scope: RegistryScope,
        read: (WebReply) async throws -> Value
    ) async throws -> Value {
        try await retry.run { _ in try await exchangeOnce(request, scope, read: read) }
    }

    /// The same without tries after the first.
    func exchangeOnce<Value>(
        _ request: WebRequest,
        _ scope: RegistryScope,
        read: (WebReply) async throws -> Value
    ) async throws -> Value {
        var request = request
        // A place that an answer named may be elsewhere: credentials stay here.
        let isHome = request.address.hasSameOrigin(as: address.root)
        let used = isHome ? authorization.header(for: scope) : nil
        if let used { request.headers.replaceOrAdd(name: "Authorization", value: used) }
        var reply = try await client.exchange(request)
        if reply.status == 401, isHome, reply.address.hasSameOrigin(as: address.root) {
            let challenges = reply.headers["WWW-Authenticate"]
            await reply.drain()
            let renewed = try await authorization.renew(
                scope,
                used: used,
                challenges: challenges
            )
            request.headers.replaceOrAdd(name: "Authorization", value: renewed)
            reply = try await client.exchange(request)
            if reply.status == 401 {
                let message = RegistryFault.message(status: 401, await reply.start())
                throw authorization.denied("it refuses these credentials: \(message)")
            }
        }
        return try await read(reply)
    }

    /// A document of at most `limit` bytes; nil for a 404.
    func get(
        _ place: WebAddress,
        _ scope: RegistryScope,
        accept: String,
        limit: Int
    ) async throws -> (bytes: [UInt8], headers: HTTPHeaders)? {
        let request = WebRequest(method: .GET, address: place, headers: ["Accept": accept])
        return try await exchange(request, scope) { reply in
            switch reply.status {
            case 200: return (try await reply.bytes(limit: limit), reply.headers)
            case 404:
                await reply.drain()
                return nil
            default: throw await RegistryFault.error(reply, doing: "\(self.name): \(place.path)")
            }
        }
    }

    func readTag(
        _ tag: String,
        of repository: RepositoryName
    ) async throws -> (descriptor: Descriptor, bytes: [UInt8])? {
        let found = try await get(
            place("manifests/\(tag)", of: repository),
            .pull(scopeName(repository)),
            accept: Self.manifestTypes,
            limit: Manifest.byteLimit
        )
        guard let found else { return nil }
        let digest = Digest.of(found.bytes)
        if let stated = found.headers.first(name: "Docker-Content-Digest"),
            stated.hasPrefix("sha256:"), stated != digest.description
        {
            throw RemoteError(
                .untrue,
                "\(name): says that tag \(repository.text):\(tag) is "
                    + "\(RemoteError.line(stated)), but sends \(digest)"
            )
        }
        let type = found.headers.first(name: "Content-Type")?.split(separator: ";").first
        let text = type.map { RemoteError.line($0.filter { $0 != " " }) }
        let descriptor = Descriptor(
            mediaType: text.map { MediaType($0) } ?? .imageManifest,
            digest: digest,
            byteCount: found.bytes.count
        )
        return (descriptor, found.bytes)
    }

    /// Sends a manifest; true where the registry lists it as a referrer by itself.
    func put(
        _ bytes: [UInt8],
        as mediaType: MediaType,
        at place: WebAddress,
        swapping expected: Digest?? = .none
    ) async throws -> Bool {
        var request = WebRequest(
            method: .PUT,
            address: place,
            headers: ["Content-Type": mediaType.text],
            body: .bytes(bytes)
        )
        if address.swapsTags, case .some(let expected) = expected {
            if let expected {
                request.headers.add(name: "If-Match", value: "\"\(expected.description)\"")
            } else {
                request.headers.add(name: "If-None-Match", value: "*")
            }
        }
        let repository = place.path.split(separator: "/").dropFirst().dropLast(2)
        let scope = RegistryScope.push(
            try RepositoryName(parsing: repository.joined(separator: "/"))
        )
        return try await exchange(request, scope) { reply in
            guard reply.status == 201 || reply.status == 200 else {
                throw await RegistryFault.error(reply, doing: "\(self.name): \(place.path)")
            }
            await reply.drain()
            if let stated = reply.header("Docker-Content-Digest"), stated.hasPrefix("sha256:"),
                stated != Digest.of(bytes).description
            {
                throw RemoteError(
                    .untrue,
                    "\(self.name): kept a manifest under another digest: "
                        + RemoteError.line(stated)
                )
            }
            return reply.header("OCI-Subject") != nil
        }
    }
}
