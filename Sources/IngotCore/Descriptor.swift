// SPDX-License-Identifier: Apache-2.0

/// A blob that a manifest names: OCI image specification 1.1, `descriptor.md`.
package struct Descriptor: Hashable, Sendable {
    package let mediaType: MediaType
    package let digest: Digest
    /// Checked against the bytes on arrival; never trusted from a client.
    package let byteCount: Int
    package var annotations: [String: String]
    /// Set in an index, for a manifest that has one.
    package var artifactType: MediaType?

    package init(
        mediaType: MediaType,
        digest: Digest,
        byteCount: Int,
        annotations: [String: String] = [:],
        artifactType: MediaType? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.byteCount = byteCount
        self.annotations = annotations
        self.artifactType = artifactType
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "mediaType": .string(mediaType.text),
            "digest": .string(digest.description),
            "size": .integer(Int64(byteCount)),
        ]
        if !annotations.isEmpty { members["annotations"] = Manifest.json(of: annotations) }
        if let artifactType { members["artifactType"] = .string(artifactType.text) }
        return .object(members)
    }

    package init(json: JSONValue) throws(ManifestError) {
        guard let mediaType = json["mediaType"]?.string, let digest = json["digest"]?.string,
            let size = json["size"]?.integer, size >= 0
        else { throw ManifestError("descriptor: mediaType, digest and size are required") }
        do {
            self.digest = try Digest(parsing: digest)
        } catch { throw ManifestError("descriptor: \(error.message)") }
        self.mediaType = MediaType(mediaType)
        byteCount = size
        annotations = try Manifest.annotations(in: json)
        artifactType = json["artifactType"]?.string.map(MediaType.init)
    }
}
