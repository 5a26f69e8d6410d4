// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
package import IngotStore

/// The manifest beside a version that brings a receipt of statements about it, FORMAT §10.
///
/// It is the same for the same receipt, whoever makes it.
extension Receipt {
    /// The entry and the proof, in the order of the layers.
    package var blobs: [[UInt8]] { [entryBytes, Array(proof.text.utf8)] }

    private static let layerTypes = [MediaType.logEntry, .inclusionProof]

    package func manifest(of version: Digest, byteCount: Int) -> Manifest {
        Manifest(
            artifactType: .receipt,
            config: EmptyConfig.descriptor,
            layers: zip(Self.layerTypes, blobs).map {
                Descriptor(mediaType: $0, digest: Digest.of($1), byteCount: $1.count)
            },
            subject: Descriptor(mediaType: .imageManifest, digest: version, byteCount: byteCount)
        )
    }

    /// What a manifest names, when it is that of a receipt about a version and nothing in it is
    /// larger than it may be.
    package static func layers(
        of manifest: [UInt8],
        about version: Digest
    ) throws -> [Descriptor] {
        let manifest = try Manifest(parsing: manifest)
        guard manifest.artifactType == .receipt, manifest.subject?.digest == version,
            manifest.config == EmptyConfig.descriptor,
            manifest.layers.map(\.mediaType) == layerTypes,
            manifest.layers.allSatisfy({ $0.byteCount <= byteLimit })
        else { throw EvidenceError("receipt: its manifest is not that of one about \(version)") }
        return manifest.layers
    }

    /// Reads a receipt whose manifest and layers are here.
    package init(_ manifest: Digest, about version: Digest, in store: BlobStore) throws {
        let bytes = try store.read(manifest, limit: Manifest.byteLimit)
        let parts = try Self.layers(of: bytes, about: version).map {
            try store.read($0.digest, limit: Self.byteLimit)
        }
        try self.init(entryBytes: parts[0], proof: Self.proof(parts[1]))
    }
}
