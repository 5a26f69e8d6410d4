// SPDX-License-Identifier: Apache-2.0

/// What a version is.
package enum Kind: String, CaseIterable, Sendable {
    case dataset
    /// A base model, or a merged one.
    case checkpoint
    case adapter
    /// The model server's program.
    case runtime
    case image

    /// The `artifactType` of the version's manifest; an image is an ordinary OCI image without one.
    package var artifactType: MediaType? {
        self == .image ? nil : MediaType("application/vnd.ingot.\(rawValue).v1")
    }

    package var configType: MediaType {
        self == .image
            ? .imageConfig : MediaType("application/vnd.ingot.\(rawValue).config.v1+json")
    }

    package init?(artifactType: MediaType) {
        guard let kind = Kind.allCases.first(where: { $0.artifactType == artifactType }) else {
            return nil
        }
        self = kind
    }
}
