// SPDX-License-Identifier: Apache-2.0

/// A media type as manifests carry it; compared as bytes.
package struct MediaType: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }

    package static let imageManifest = MediaType("application/vnd.oci.image.manifest.v1+json")
    package static let imageIndex = MediaType("application/vnd.oci.image.index.v1+json")
    package static let imageConfig = MediaType("application/vnd.oci.image.config.v1+json")
    /// An uncompressed layer.
    package static let imageLayer = MediaType("application/vnd.oci.image.layer.v1.tar")
    package static let emptyConfig = MediaType("application/vnd.oci.empty.v1+json")

    /// The root page of a version's tree.
    package static let tree = MediaType("application/vnd.ingot.tree.v1")
    /// One file of 16 MiB or more of a checkpoint or adapter, kept as it is.
    package static let rawFile = MediaType("application/vnd.ingot.file.v1")

    /// Chunks, one after the other, and their directory.
    package static let pack = MediaType("application/vnd.ingot.pack.v1")
    /// The manifest that says in which packs a version's chunks lie.
    package static let packList = MediaType("application/vnd.ingot.pack-list.v1")
    /// The manifest that brings what a version's statements rest on.
    package static let evidenceBlobs = MediaType("application/vnd.ingot.evidence-blobs.v1")
    /// The manifest that brings the proof that statements are in a log.
    package static let receipt = MediaType("application/vnd.ingot.receipt.v1")
    package static let logEntry = MediaType("application/vnd.ingot.log-entry.v1+json")
    package static let inclusionProof = MediaType("application/vnd.ingot.tlog-proof.v1")
    package static let octetStream = MediaType("application/octet-stream")

    package static let sigstoreBundle = MediaType("application/vnd.dev.sigstore.bundle.v0.3+json")
}
