// SPDX-License-Identifier: Apache-2.0

/// A manifest that is not one, or not one of Ingot's.
package struct ManifestError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// The OCI image manifest of a version, a referrer or an image. Invariants:
///
/// (1) Its canonical bytes depend on content alone: no time, host or user in it.
/// (2) The digest of the bytes as they were stored is the identity; parsed manifests are never
///     re-encoded to be served or signed.
package struct Manifest: Hashable, Sendable {
    package var artifactType: MediaType?
    package var config: Descriptor
    package var layers: [Descriptor]
    /// The manifest that this one is about: set in referrers and pack lists.
    package var subject: Descriptor?
    package var annotations: [String: String]

    /// 4 MiB: what the OCI distribution specification asks registries to accept.
    package static let byteLimit = 4 << 20

    package init(
        artifactType: MediaType?,
        config: Descriptor,
        layers: [Descriptor],
        subject: Descriptor? = nil,
        annotations: [String: String] = [:]
    ) {
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }

    package var kind: Kind? {
        if let artifactType {
            Kind(artifactType: artifactType)
        } else {
            config.mediaType == .imageConfig ? .image : nil
        }
    }

    package var canonicalBytes: [UInt8] {
        var members: [String: JSONValue] = [
            "schemaVersion": 2,
            "mediaType": .string(MediaType.imageManifest.text),
            "config": config.json,
            "layers": .array(layers.map(\.json)),
        ]
        if let artifactType { members["artifactType"] = .string(artifactType.text) }
        if let subject { members["subject"] = subject.json }
        if !annotations.isEmpty { members["annotations"] = Self.json(of: annotations) }
        return JSONValue.object(members).canonicalBytes
    }

    package init(parsing bytes: [UInt8]) throws(ManifestError) {
        var limits = JSONLimits()
        limits.byteCount = Self.byteLimit
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes, limits: limits)
        } catch { throw ManifestError("manifest: \(error.message)") }
        guard json["schemaVersion"] == 2,
            json["mediaType"] == .string(MediaType.imageManifest.text)
        else { throw ManifestError("manifest: not an OCI image manifest, schema version 2") }
        guard let config = json["config"], let layers = json["layers"]?.array else {
            throw ManifestError("manifest: config and layers are required")
        }
        artifactType = json["artifactType"]?.string.map(MediaType.init)
        self.config = try Descriptor(json: config)
        var parsed: [Descriptor] = []
        for layer in layers { parsed.append(try Descriptor(json: layer)) }
        self.layers = parsed
        subject = if let subject = json["subject"] { try Descriptor(json: subject) } else { nil }
        annotations = try Self.annotations(in: json)
    }

    static func json(of annotations: [String: String]) -> JSONValue {
        .object(annotations.mapValues { .string($0) })
    }

    static func annotations(in json: JSONValue) throws(ManifestError) -> [String: String] {
        guard let value = json["annotations"], value != .null else { return [:] }
        var result: [String: String] = [:]
        for (key, text) in value.object ?? [:] {
            guard let text = text.string else {
                throw ManifestError("annotation \(key): expected a string")
            }
            result[key] = text
        }
        return result
    }
}
