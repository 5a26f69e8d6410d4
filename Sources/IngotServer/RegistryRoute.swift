// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// What a path of the registry names.
enum RegistryRoute: Hashable, Sendable {
    /// A tag or a digest, as the path spells it.
    enum Name: Hashable, Sendable {
        case tag(Tag)
        case digest(ContentDigest)
    }

    case base
    case catalog
    case tags(RepositoryName)
    case manifest(RepositoryName, Name)
    case blob(RepositoryName, ContentDigest)
    case uploads(RepositoryName)
    case upload(RepositoryName, String)
    case referrers(RepositoryName, ContentDigest)

    /// Nil for `/v2/` and the catalog.
    var repository: RepositoryName? {
        switch self {
        case .base, .catalog: nil
        case .tags(let name), .manifest(let name, _), .blob(let name, _), .uploads(let name),
            .upload(let name, _), .referrers(let name, _):
            name
        }
    }

    var methods: [String] {
        switch self {
        case .base, .catalog, .tags, .referrers: ["GET", "HEAD"]
        case .manifest: ["GET", "HEAD", "PUT", "DELETE"]
        case .blob: ["GET", "HEAD", "DELETE"]
        case .uploads: ["POST"]
        case .upload: ["GET", "HEAD", "PATCH", "PUT", "DELETE"]
        }
    }

    /// Parses a path whose escapes are decoded.
    init(path: String) throws(RegistryError) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)[...]
        guard parts.count >= 2, parts.removeFirst().isEmpty, parts.removeFirst() == "v2" else {
            throw RegistryError(.nameUnknown, "no such path: this registry's paths begin with /v2/")
        }
        if parts.isEmpty || parts == [""] {
            self = .base
            return
        }
        if parts == ["_catalog"] {
            self = .catalog
            return
        }
        let last = String(parts.removeLast())
        let kind = parts.popLast() ?? ""
        switch (kind, last) {
        case ("tags", "list"): self = .tags(try Self.name(parts))
        case ("manifests", _):
            let name = try Self.name(parts)
            if last.utf8.contains(UInt8(ascii: ":")) {
                self = .manifest(name, .digest(try ContentDigest(parsing: last)))
            } else {
                do {
                    self = .manifest(name, .tag(try Tag(parsing: last)))
                } catch { throw RegistryError(.manifestUnknown, error.message) }
            }
        case ("blobs", "uploads"): self = .uploads(try Self.name(parts))
        case ("blobs", _): self = .blob(try Self.name(parts), try ContentDigest(parsing: last))
        case ("uploads", _) where parts.last == "blobs":
            let name = try Self.name(parts.dropLast())
            self = last.isEmpty ? .uploads(name) : .upload(name, last)
        case ("referrers", _):
            self = .referrers(try Self.name(parts), try ContentDigest(parsing: last))
        default: throw RegistryError(.nameUnknown, "no such path in the OCI distribution API")
        }
    }

    private static func name(_ parts: ArraySlice<Substring>) throws(RegistryError) -> RepositoryName
    {
        do {
            return try RepositoryName(parsing: parts.joined(separator: "/"))
        } catch { throw RegistryError(.nameInvalid, error.message) }
    }
}
