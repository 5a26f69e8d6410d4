// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// The OCI manifest that attaches a statement's bundle to its subject: cosign's bundle layout,
/// without a time, because no manifest of Ingot's has one.
package enum Referrer {
    /// The blob that the manifest's config names; it must be in the store too.
    package static let emptyConfig: [UInt8] = Array("{}".utf8)

    package static func manifest(
        of bundle: [UInt8],
        predicateType: String,
        subject: Descriptor
    ) -> Manifest {
        Manifest(
            artifactType: .sigstoreBundle,
            config: Descriptor(
                mediaType: .emptyConfig,
                digest: Digest.of(emptyConfig),
                byteCount: emptyConfig.count
            ),
            layers: [
                Descriptor(
                    mediaType: .sigstoreBundle,
                    digest: Digest.of(bundle),
                    byteCount: bundle.count
                )
            ],
            subject: subject,
            annotations: [
                "dev.sigstore.bundle.content": "dsse-envelope",
                "dev.sigstore.bundle.predicateType": predicateType,
            ]
        )
    }
}
