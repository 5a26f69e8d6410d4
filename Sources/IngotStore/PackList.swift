// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// The configuration of manifests that have none: the two bytes `{}` (OCI image specification 1.1).
package enum EmptyConfig {
    package static let bytes: [UInt8] = Array("{}".utf8)

    package static let descriptor = Descriptor(
        mediaType: .emptyConfig,
        digest: Digest.of(bytes),
        byteCount: bytes.count
    )
}

/// The manifest beside a version that says in which packs its chunks lie, `registry/FORMAT.md` §6.
///
/// Nobody signs it: every chunk proves itself.
package struct PackList: Sendable {
    /// In the order of their digests.
    package let packs: [Descriptor]

    /// More packs than any version has: 64 TiB of them.
    private static let packLimit = 1 << 20

    /// - Parameter packs: The size of each, by its digest.
    package init(_ packs: [Digest: Int]) {
        self.packs = packs.sorted { $0.key < $1.key }.map {
            Descriptor(mediaType: .pack, digest: $0.key, byteCount: $0.value)
        }
    }

    /// - Throws: `StoreError` when the manifest is no pack list of this version.
    package init(parsing bytes: [UInt8], of version: Digest) throws {
        let manifest = try Manifest(parsing: bytes)
        guard manifest.artifactType == .packList, manifest.subject?.digest == version,
            manifest.layers.count <= Self.packLimit,
            manifest.layers.allSatisfy({ $0.mediaType == .pack })
        else { throw StoreError("version \(version): its pack list is not one") }
        packs = manifest.layers
    }

    package func manifest(of version: Descriptor) -> Manifest {
        Manifest(
            artifactType: .packList,
            config: EmptyConfig.descriptor,
            layers: packs,
            subject: version
        )
    }
}
