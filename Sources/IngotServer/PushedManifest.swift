// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore

/// A manifest or index as registries carry them: OCI's and Docker's, of any producer.
///
/// Only what a registry must know is read; the bytes are kept and served as they came.
struct PushedManifest: Sendable {
    /// Something that the manifest names.
    struct Named: Sendable {
        let digest: ContentDigest
        let isManifest: Bool
        /// Layers that must not be distributed live elsewhere.
        let isElsewhere: Bool
    }

    let mediaType: MediaType
    let artifactType: MediaType?
    let named: [Named]
    /// The packs of a pack list.
    let packs: [ContentDigest]
    let subject: ContentDigest?
    let annotations: [String: String]
    let kind: Kind
    /// Whether it is a version with files: its first layer is the root page of a tree.
    let hasTree: Bool

    private static let dockerManifest =
        "application/vnd.docker.distribution.manifest.v2+json"
    private static let dockerIndex =
        "application/vnd.docker.distribution.manifest.list.v2+json"
    /// Blobs and manifests that one manifest names; 4 MiB of JSON hold hardly more.
    private static let nameLimit = 50_000

    init(parsing bytes: [UInt8], contentType: String?) throws(RegistryError) {
        var limits = JSONLimits()
        limits.byteCount = Manifest.byteLimit
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes, limits: limits)
        } catch { throw Self.invalid(error.message) }
        guard json.object != nil, json["schemaVersion"] == 2 else {
            throw Self.invalid("not a JSON object of schema version 2")
        }
        let stated = json["mediaType"]?.string
        let given = contentType.map { String($0.prefix { $0 != ";" && $0 != " " }) }
        if let stated, let given, !stated.utf8.elementsEqual(given.utf8) {
            throw Self.invalid("its mediaType is \(stated), the Content-Type \(given)")
        }
        guard let type = stated ?? given else { throw Self.invalid("it has no media type") }
        mediaType = MediaType(type)
        let isIndex = type == MediaType.imageIndex.text || type == Self.dockerIndex
        guard isIndex || type == MediaType.imageManifest.text || type == Self.dockerManifest else {
            throw Self.invalid("the media type \(type) is no manifest's")
        }
        var named: [Named] = []
        var configType: String?
        var layers: [JSONValue] = []
        if isIndex {
            for item in json["manifests"]?.array ?? [] {
                named.append(try Self.named(item, isManifest: true))
            }
        } else {
            guard let config = json["config"] else { throw Self.invalid("it has no config") }
            named.append(try Self.named(config, isManifest: false))
            configType = config["mediaType"]?.string
            layers = json["layers"]?.array ?? []
            for layer in layers { named.append(try Self.named(layer, isManifest: false)) }
        }
        guard named.count <= Self.nameLimit else {
            throw Self.invalid("it names more than \(Self.nameLimit) blobs")
        }
        self.named = named
        subject =
            if let subject = json["subject"], subject != .null {
                try Self.named(subject, isManifest: true).digest
            } else { nil }
        annotations = (json["annotations"]?.object ?? [:]).compactMapValues(\.string)
        let declared = json["artifactType"]?.string.flatMap { $0.isEmpty ? nil : MediaType($0) }
        artifactType = declared ?? configType.map { MediaType($0) }
        kind = declared.flatMap { Kind(artifactType: $0) } ?? .image
        hasTree = layers.first?["mediaType"] == .string(MediaType.tree.text)
        packs =
            declared == .packList
            ? zip(layers, named.dropFirst()).filter {
                $0.0["mediaType"] == .string(MediaType.pack.text)
            }.map(\.1.digest) : []
    }

    private static func named(
        _ json: JSONValue,
        isManifest: Bool
    ) throws(RegistryError) -> Named {
        guard let text = json["digest"]?.string, let size = json["size"]?.integer, size >= 0,
            let type = json["mediaType"]?.string
        else { throw invalid("a descriptor lacks its mediaType, digest or size") }
        let isElsewhere = type.contains("nondistributable") || type.contains(".foreign.")
        return Named(
            digest: try ContentDigest(parsing: text),
            isManifest: isManifest,
            isElsewhere: isElsewhere
        )
    }

    static func invalid(_ problem: String) -> RegistryError {
        RegistryError(.manifestInvalid, "manifest: \(problem)")
    }

    func link(_ digest: Digest, isPushed: Bool) -> ManifestLink {
        ManifestLink(
            digest: digest,
            mediaType: mediaType,
            artifactType: artifactType,
            subject: subject?.description,
            annotations: annotations,
            isPushed: isPushed
        )
    }
}
