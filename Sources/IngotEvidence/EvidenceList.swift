// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotStore

/// The manifest beside a version that names the evidence blobs of its statements, so that they
/// travel and stay, `registry/FORMAT.md` §9.
///
/// Nobody signs it: only what a statement names is taken from it, and each blob proves itself.
package struct EvidenceList: Sendable {
    /// In the order of their digests.
    package let blobs: [Descriptor]

    /// 64 MiB: the outputs of a few hundred thousand examples.
    package static let blobByteLimit = 64 << 20
    /// Three for each of a thousand statements.
    package static let blobLimit = 3000

    /// - Parameter blobs: The size of each, by its digest.
    package init(_ blobs: [Digest: Int]) {
        self.blobs = blobs.sorted { $0.key < $1.key }.map {
            Descriptor(mediaType: .octetStream, digest: $0.key, byteCount: $0.value)
        }
    }

    /// Lists those of some blobs that are here.
    ///
    /// - Throws: `EvidenceError` for more than whoever takes them in allows.
    package init(
        of evidence: Set<Digest>,
        in store: BlobStore,
        blobLimit: Int = Self.blobLimit
    ) throws {
        var sizes: [Digest: Int] = [:]
        for digest in evidence where store.contains(digest) {
            let byteCount = try store.byteCount(of: digest)
            if byteCount <= Self.blobByteLimit { sizes[digest] = byteCount }
        }
        guard sizes.count <= blobLimit else {
            throw EvidenceError(
                "its statements rest on \(sizes.count) blobs, and at most \(blobLimit) travel with a "
                    + "version: no store would take it in: push one about which less was stated"
            )
        }
        self.init(sizes)
    }

    /// - Throws: `EvidenceError` when the manifest is no such list of this version.
    package init(parsing bytes: [UInt8], of version: Digest) throws {
        let manifest = try Manifest(parsing: bytes)
        guard manifest.artifactType == .evidenceBlobs, manifest.subject?.digest == version else {
            throw EvidenceError("version \(version): its list of evidence blobs is not one")
        }
        blobs = manifest.layers
    }

    /// Those that statements name, from all lists of a version.
    ///
    /// - Throws: `EvidenceError` when they are more or larger than anybody needs.
    package init(_ lists: [EvidenceList], namedBy evidence: Set<Digest>, of version: Digest) throws
    {
        var sizes: [Digest: Int] = [:]
        for blob in lists.flatMap(\.blobs) where evidence.contains(blob.digest) {
            sizes[blob.digest] = blob.byteCount
        }
        guard sizes.count <= Self.blobLimit, sizes.values.allSatisfy({ $0 <= Self.blobByteLimit })
        else {
            throw EvidenceError(
                "version \(version): its statements come with more than \(Self.blobLimit) blobs, or "
                    + "one of more than \(Self.blobByteLimit >> 20) MiB"
            )
        }
        self.init(sizes)
    }

    /// The same bytes for the same blobs, whoever makes it.
    package func manifest(of version: Digest, byteCount: Int) -> Manifest {
        Manifest(
            artifactType: .evidenceBlobs,
            config: EmptyConfig.descriptor,
            layers: blobs,
            subject: Descriptor(mediaType: .imageManifest, digest: version, byteCount: byteCount)
        )
    }
}
