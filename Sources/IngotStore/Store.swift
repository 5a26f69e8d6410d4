// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The versions of a store: files as chunks in packs, trees, manifests.
///
/// The catalog names versions; this type only knows their manifests' digests.
package struct Store: Sendable {
    package let blobs: BlobStore
    package let index: any ChunkIndex

    package init(blobs: BlobStore, index: any ChunkIndex) {
        self.blobs = blobs
        self.index = index
    }

    /// From this size on, a file of a checkpoint or an adapter is one raw blob, mapped in place.
    package static let rawFileByteCount = 16 << 20

    /// The annotation that holds the path of a raw file's layer.
    package static let titleAnnotation = "org.opencontainers.image.title"

    /// Whether a file of this size is kept as one blob.
    static func isRaw(_ kind: Kind, byteCount: Int) -> Bool {
        (kind == .checkpoint || kind == .adapter) && byteCount >= rawFileByteCount
    }

    /// Reads and parses a version's manifest.
    package func manifest(_ digest: Digest) throws -> Manifest {
        do {
            return try Manifest(parsing: blobs.read(digest, limit: Manifest.byteLimit))
        } catch let error as ManifestError {
            throw StoreError("\(digest): \(error.message)")
        }
    }

    /// Reads and parses a version's config.
    package func config(of manifest: Manifest) throws -> JSONValue {
        let bytes = try blobs.read(manifest.config.digest, limit: Manifest.byteLimit)
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw StoreError("config \(manifest.config.digest): \(error.message)")
        }
    }
}

/// How far a long operation is.
package struct StoreProgress: Sendable, Equatable {
    package var fileCount: Int
    package var byteCount: Int
    package var filesDone = 0
    package var bytesDone = 0

    package init(fileCount: Int, byteCount: Int) {
        self.fileCount = fileCount
        self.byteCount = byteCount
    }

    /// 0 to 1, by bytes.
    package var fraction: Double { Double(bytesDone) / Double(max(byteCount, 1)) }

    /// Called now and then on the caller's thread; it stops the operation by throwing.
    package typealias Report = (StoreProgress) throws -> Void
}

/// What `writeVersion` stored.
package struct WrittenVersion: Sendable {
    package let manifestDigest: Digest
    package let manifest: Manifest
    /// Of all files.
    package let byteCount: Int
    package let fileCount: Int
    /// What the store grew by: 0 when all was there.
    package let newByteCount: Int

    package init(
        manifestDigest: Digest,
        manifest: Manifest,
        byteCount: Int,
        fileCount: Int,
        newByteCount: Int
    ) {
        self.manifestDigest = manifestDigest
        self.manifest = manifest
        self.byteCount = byteCount
        self.fileCount = fileCount
        self.newByteCount = newByteCount
    }
}
