// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// An image whose every digest is known and of which nothing is written yet. Invariants:
///
/// (1) The digest depends on the layers' files and the settings alone: no time, host or user.
/// (2) A layer is uncompressed, so its digest is its `diff_id` too, and no compressor's version
///     can change it.
package struct ImagePlan: Sendable {
    package let layers: [ImageLayer]
    package let settings: ImageSettings
    package let configBytes: [UInt8]
    package let manifest: Manifest
    package let manifestBytes: [UInt8]
    /// The digest of the manifest: the image's identity.
    package let digest: Digest

    /// Reads every file once, to hash it; blocking.
    package init(
        layers: [ImageLayer],
        settings: ImageSettings,
        annotations: [String: String] = [:]
    ) throws {
        guard !layers.isEmpty else { throw ImageError("image: has no layers") }
        self.layers = layers
        self.settings = settings
        let descriptors = try layers.map { try $0.descriptor() }
        configBytes = settings.configuration(
            of: zip(layers, descriptors).map { ($0.name, $1.digest) }
        )
        manifest = Manifest(
            artifactType: nil,
            config: Descriptor(
                mediaType: .imageConfig,
                digest: .of(configBytes),
                byteCount: configBytes.count
            ),
            layers: descriptors,
            annotations: annotations
        )
        manifestBytes = manifest.canonicalBytes
        digest = .of(manifestBytes)
    }

    /// Of the manifest, the configuration and all layers.
    package var byteCount: Int {
        manifest.layers.reduce(manifestBytes.count + configBytes.count) { $0 + $1.byteCount }
    }
}
