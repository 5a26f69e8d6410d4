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
    /// How many others are here and not listed, because nobody takes in more.
    package let leftCount: Int

    /// 64 MiB: the outputs of a few hundred thousand examples.
    package static let blobByteLimit = 64 << 20
    /// Three for each of a thousand statements.
    package static let blobLimit = 3000

    /// Lists the first of some blobs, of which it is given the size by the digest, as many as travel.
    package init(_ blobs: [Digest: Int], blobLimit: Int = Self.blobLimit) {
        self.blobs = blobs.sorted { $0.key < $1.key }.prefix(blobLimit).map {
            Descriptor(mediaType: .octetStream, digest: $0.key, byteCount: $0.value)
        }
        leftCount = blobs.count - self.blobs.count
    }

    /// Lists those of some blobs that are here.
    ///
    /// Where they are more than travel the rest stays: a version comes without it.
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
        self.init(sizes, blobLimit: blobLimit)
    }

    /// What is to be said of what is not listed; nil where all is.
    package var remark: String? {
        guard leftCount > 0 else { return nil }
        return "its statements rest on \(blobs.count + leftCount) blobs, and at most "
            + "\(blobs.count) travel with a version: the others stay"
    }

    /// - Throws: `EvidenceError` when the manifest is no such list of this version.
    package init(parsing bytes: [UInt8], of version: Digest) throws {
        let manifest = try Manifest(parsing: bytes)
        guard manifest.artifactType == .evidenceBlobs, manifest.subject?.digest == version else {
            throw EvidenceError("version \(version): its list of evidence blobs is not one")
        }
        blobs = manifest.layers
        leftCount = 0
    }

    /// Those that statements name and are no larger than is taken in, from all lists of a version.
    ///
    /// With those that were asked for before they are no more than is taken in.
    package init(
        _ lists: [EvidenceList],
        namedBy evidence: Set<Digest>,
        except asked: Set<Digest>,
        blobLimit: Int = Self.blobLimit
    ) {
        var sizes: [Digest: Int] = [:]
        for blob in lists.flatMap(\.blobs)
        where evidence.contains(blob.digest) && !asked.contains(blob.digest)
            && blob.byteCount <= Self.blobByteLimit
        { sizes[blob.digest] = blob.byteCount }
        self.init(sizes, blobLimit: max(0, blobLimit - asked.count))
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
