// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotStore

/// The OCI manifest that attaches a statement's bundle to its subject: cosign's bundle layout,
/// without a time, because no manifest of Ingot's has one.
package enum Referrer {
    package static func manifest(
        of bundle: [UInt8],
        predicateType: String,
        subject: Descriptor
    ) -> Manifest {
        Manifest(
            artifactType: .sigstoreBundle,
            config: EmptyConfig.descriptor,
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
