// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
internal import IngotCore
package import IngotEvidence
package import IngotStore
internal import Synchronization

/// A store as an OCI registry: what each request does, apart from HTTP. Invariants:
///
/// (1) Bytes before names before the acknowledgement: a blob is durable before it is linked to its
///     repository, a manifest before a tag names it, and all of it before the answer.
/// (2) A repository gives away only what belongs to it: what was pushed or mounted there, and what
///     its versions are made of.
/// (3) A manifest is taken only when all that it names is there; a version with files only when
///     each of its chunks is.
/// (4) Nothing is served unchecked: small content is checked on each reading, a large blob the
///     first time it is sent, or said to be there, by this process and whenever its file is another
///     one.
///
/// Its methods block: they run on the server's pool, never on an event loop.
package final class Registry: Sendable {
    package let store: Store
    package let catalog: Catalog
    package let ledger: Ledger
    private let currentAccess: Mutex<AccessControl>
    package let limits: RegistryLimits
    let uploads: UploadTable
    let manifests: ManifestCache
    let checked = CheckedBlobs()

    package init(
        store: Store,
        catalog: Catalog,
        ledger: Ledger,
        access: AccessControl,
        limits: RegistryLimits = RegistryLimits()
    ) throws {
        self.store = store
        self.catalog = catalog
        self.ledger = ledger
        currentAccess = Mutex(access)
        self.limits = limits
        uploads = UploadTable(limits: limits, store: store.blobs)
        manifests = ManifestCache(watch: try CatalogWatch(catalog))
    }

    /// Who may do what, from the next request on.
    package var access: AccessControl {
        get { currentAccess.withLock { $0 } }
        set { currentAccess.withLock { $0 = newValue } }
    }

    /// Answers a request without a body, or with one of a few bytes.
    func answer(_ request: RegistryRequest, body: [UInt8] = []) throws -> Reply {
        if case .blob(let repository, let digest) = request.route, request.isRead {
            return try blob(digest, of: repository, request)
        }
        return try leased { try answerWithNames(request, body) }
    }

    /// Keeps what `body` sees in the store from being collected before it has named it.
    func leased<Value>(_ body: () throws -> Value) throws -> Value {
        let lease = try store.blobs.lease()
        return try withExtendedLifetime(lease) { try body() }
    }

    private func answerWithNames(_ request: RegistryRequest, _ body: [UInt8]) throws -> Reply {
        switch (request.route, request.method) {
        case (.base, _): return Reply(json: [:])
        case (.catalog, _): return try repositories(request)
        case (.tags(let repository), _): return try tags(of: repository, request)
        case (.referrers(let repository, let digest), _):
            return try referrers(of: digest, in: repository, request)
        case (.manifest(let repository, let name), "PUT"):
            return try put(body, as: name, in: repository, request)
        case (.manifest(let repository, let name), "DELETE"):
            return try deleteManifest(name, in: repository)
        case (.manifest(let repository, let name), _):
            return try manifest(name, of: repository).reply
        case (.blob(let repository, let digest), _):
            return try deleteBlob(digest, in: repository)
        case (.uploads(let repository), _): return try begin(in: repository, request)
        case (.upload(let repository, let id), "DELETE"):
            try uploads.cancel(id, in: repository)
            return Reply(.noContent)
        case (.upload(let repository, let id), _):
            return try uploads.state(of: id, in: repository)
        }
    }

    /// The bytes that a digest names in a repository, linked there; nil where there are none.
    func resolve(_ digest: ContentDigest) throws -> Digest? {
        switch digest {
        case .sha256(let digest): digest
        case .sha512(let bytes): try catalog.digest(ofSHA512: bytes)
        }
    }

    func unknown(_ repository: RepositoryName) -> RegistryError {
        RegistryError(.nameUnknown, "repository '\(repository)': not known here")
    }

    /// A part of a list in byte order: what follows `last`, at most `n`, and the link to the rest.
    func page(
        _ names: [String],
        of path: String,
        _ request: RegistryRequest
    ) throws -> (names: [String], headers: [(String, String)]) {
        var rest = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }[...]
        if let last = request.parameter("last") {
            rest = rest.drop { !last.utf8.lexicographicallyPrecedes($0.utf8) }
        }
        var count = limits.pageCount
        if let text = request.parameter("n") {
            guard let asked = Int(text), asked >= 0 else {
                throw RegistryError(
                    .unsupported,
                    "n=\(text): not a number of entries",
                    status: .badRequest
                )
            }
            count = min(asked, limits.pageCount)
        }
        let page = Array(rest.prefix(count))
        guard let last = page.last, page.count < rest.count else { return (page, []) }
        return (page, [("Link", "<\(path)?n=\(count)&last=\(last)>; rel=\"next\"")])
    }
}

extension Registry {
    private func repositories(_ request: RegistryRequest) throws -> Reply {
        let names = try catalog.namedRepositories().filter(request.access.canRead).map(\.text)
        let (page, headers) = try page(names, of: "/v2/_catalog", request)
        return Reply(json: ["repositories": .array(page.map { .string($0) })], headers)
    }

    private func tags(of repository: RepositoryName, _ request: RegistryRequest) throws -> Reply {
        guard try catalog.isKnown(repository) else { throw unknown(repository) }
        let names =
            try catalog.versions(of: repository).map(\.tag.text)
            + catalog.tags(of: repository).map(\.tag.text)
        let (page, headers) = try page(names, of: "/v2/\(repository)/tags/list", request)
        return Reply(
            json: ["name": .string(repository.text), "tags": .array(page.map { .string($0) })],
            headers
        )
    }
}
