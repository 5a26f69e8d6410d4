// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// The `index.json` of a layout, or an index of referrers: an OCI image index.
///
/// Members and entries that Ingot does not know are kept as they are.
struct LayoutIndex: Sendable {
    /// A layout with 100,000 versions has about 40 MiB.
    static let byteLimit = 256 << 20
    static let refName = "org.opencontainers.image.ref.name"

    private var members: [String: JSONValue]
    private(set) var entries: [JSONValue]

    init() {
        members = ["schemaVersion": 2, "mediaType": .string(MediaType.imageIndex.text)]
        entries = []
    }

    init(parsing bytes: [UInt8]) throws(ManifestError) {
        var limits = JSONLimits()
        limits.byteCount = Self.byteLimit
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes, limits: limits)
        } catch { throw ManifestError("image index: \(error.message)") }
        guard let members = json.object, members["schemaVersion"] == 2 else {
            throw ManifestError("image index: not an OCI image index, schema version 2")
        }
        self.members = members
        entries = members["manifests"]?.array ?? []
    }

    var bytes: [UInt8] {
        var members = members
        members["manifests"] = .array(entries)
        return JSONValue.object(members).canonicalBytes
    }

    private static func name(of entry: JSONValue) -> String? {
        entry["annotations"]?[refName]?.string
    }

    /// The manifest with a `ref.name`; a layout with several of one name is read as its first.
    func descriptor(named name: String) throws(ManifestError) -> Descriptor? {
        for entry in entries where Self.name(of: entry) == name {
            var descriptor = try Descriptor(json: entry)
            descriptor.annotations[Self.refName] = nil
            return descriptor
        }
        return nil
    }

    mutating func set(_ descriptor: Descriptor, named name: String) {
        var descriptor = descriptor
        descriptor.annotations[Self.refName] = name
        entries.removeAll { Self.name(of: $0) == name }
        let place = entries.firstIndex { entry in
            guard let other = Self.name(of: entry) else { return false }
            return name.utf8.lexicographicallyPrecedes(other.utf8)
        }
        entries.insert(descriptor.json, at: place ?? entries.endIndex)
    }

    /// The tags of a repository, in order of their bytes, without those that hold referrers.
    func tags(of repository: RepositoryName) -> [Tag] {
        let prefix = "\(repository.text):"
        return LayoutIndex.sorted(
            entries.compactMap { entry in
                guard let name = Self.name(of: entry), name.utf8.starts(with: prefix.utf8)
                else { return nil }
                return String(name.dropFirst(prefix.count))
            }
        )
    }

    /// What is a tag to Ingot among a repository's tags, in order, each once.
    static func sorted(_ texts: [String]) -> [Tag] {
        var tags: [Tag] = []
        for text in Set(texts).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where !isReferrersTag(text) {
            do {
                tags.append(try Tag(parsing: text))
            } catch { continue }  // Other tools may use names that are none.
        }
        return tags
    }

    func descriptors() throws(ManifestError) -> [Descriptor] {
        var descriptors: [Descriptor] = []
        for entry in entries { descriptors.append(try Descriptor(json: entry)) }
        return descriptors
    }

    /// Adds a referrer; false where it is there already.
    mutating func add(referrer: Descriptor) -> Bool {
        let digest = JSONValue.string(referrer.digest.description)
        guard !entries.contains(where: { $0["digest"] == digest }) else { return false }
        entries.append(referrer.json)
        return true
    }
}

/// The referrers tag schema of the OCI distribution specification 1.1.
extension LayoutIndex {
    static func referrersTag(of subject: Digest) -> String { "sha256-\(subject.hex)" }

    static func isReferrersTag(_ text: String) -> Bool {
        text.utf8.starts(with: "sha256-".utf8) && Digest(hex: text.dropFirst(7)) != nil
    }
}

/// A manifest about another one.
struct IncomingReferrer: Sendable {
    let subject: Digest
    /// With the manifest's annotations and type, as referrers are listed.
    let descriptor: Descriptor

    /// Nil for a manifest without a subject.
    init?(_ bytes: [UInt8], descriptor: Descriptor) throws {
        var limits = JSONLimits()
        limits.byteCount = Manifest.byteLimit
        let json = try JSONValue(parsing: bytes, limits: limits)
        guard let subject = json["subject"], subject != .null else { return nil }
        self.subject = try Descriptor(json: subject).digest
        var annotations: [String: String] = [:]
        for (key, value) in json["annotations"]?.object ?? [:] { annotations[key] = value.string }
        let type = json["artifactType"]?.string ?? json["config"]?["mediaType"]?.string
        self.descriptor = Descriptor(
            mediaType: descriptor.mediaType,
            digest: descriptor.digest,
            byteCount: descriptor.byteCount,
            annotations: annotations,
            artifactType: type.map(MediaType.init)
        )
    }
}
