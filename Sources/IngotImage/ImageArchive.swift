// SPDX-License-Identifier: Apache-2.0

internal import IngotArchive
package import IngotCore
internal import IngotCrypto

/// An image archive as somebody brings it: read, hashed and checked, nothing unpacked.
///
/// Invariants:
///
/// (1) Every blob has the digest that its name says, and the sizes that the manifest says.
/// (2) The manifest's configuration and layers are all there, and `diff_ids` agree with the layers.
package struct ImageArchive: Sendable {
    package let path: String
    /// The digest of the manifest: the image's identity.
    package let digest: Digest
    package let manifestBytes: [UInt8]
    package let manifest: Manifest
    package let config: JSONValue
    /// `org.opencontainers.image.ref.name` of the index: what the archive calls the image.
    package let tag: String?
    private let smallBlobs: [Digest: [UInt8]]

    /// 16 MiB: larger blobs are weights or programs, which are hashed and not kept.
    package static let smallBlobLimit = 16 << 20
    /// 64 MiB of small blobs together.
    package static let smallBlobsLimit = 64 << 20
    /// An image has a few layers; nobody needs more files in its archive.
    package static let entryLimit = 4096

    /// Reads the whole archive once; blocking.
    ///
    /// - Throws: `ImageError` or `ArchiveError` with the path and what is wrong.
    package init(reading path: String) throws {
        let contents = try Contents(reading: path)
        guard let indexBytes = contents.index else {
            throw ImageError("\(path): has no index.json: not an OCI image archive")
        }
        let entry = try Self.manifestEntry(indexBytes, path: path)
        let manifestBytes = try contents.smallBlob(entry.digest, "manifest")
        let manifest: Manifest
        let config: JSONValue
        do {
            manifest = try Manifest(parsing: manifestBytes)
            let configBytes = try contents.smallBlob(manifest.config.digest, "configuration")
            config = try JSONValue(parsing: configBytes)
        } catch let error as JSONError {
            throw ImageError("\(path): image configuration: \(error.message)")
        } catch let error as ManifestError { throw ImageError("\(path): \(error.message)") }
        for part in [entry, manifest.config] + manifest.layers {
            guard let byteCount = contents.byteCounts[part.digest] else {
                throw ImageError("\(path): the blob \(part.digest) is missing")
            }
            guard byteCount == part.byteCount else {
                throw ImageError(
                    "\(path): blob \(part.digest): expected \(part.byteCount) bytes, "
                        + "found \(byteCount)"
                )
            }
        }
        try Self.checkLayers(of: manifest, config: config, path: path)
        self.path = path
        digest = entry.digest
        self.manifestBytes = manifestBytes
        self.manifest = manifest
        self.config = config
        tag = entry.annotations["org.opencontainers.image.ref.name"]
        smallBlobs = contents.smallBlobs
    }

    /// The files of the layer with that `dev.ingot.layer` annotation, in the archive's order; none
    /// when the image has no such layer.
    package func files(inLayer name: String) throws -> [(path: String, bytes: [UInt8])] {
        let layer = manifest.layers.first {
            $0.annotations[ImageLayer.nameAnnotation].map { $0.utf8.elementsEqual(name.utf8) }
                ?? false
        }
        guard let layer else { return [] }
        guard let bytes = smallBlobs[layer.digest] else {
            throw ImageError(
                "\(path): the layer \(name) has \(layer.byteCount) bytes; at most "
                    + "\(Self.smallBlobLimit) are read"
            )
        }
        let reader = try ArchiveReader(
            bytes: bytes,
            name: "\(path), layer \(name)",
            limits: ArchiveLimits(entryCount: 65_536, byteCount: Self.smallBlobLimit)
        )
        var files: [(path: String, bytes: [UInt8])] = []
        while let entry = try reader.next() {
            if entry.isDirectory { continue }
            files.append((entry.path, try reader.readContent(limit: Self.smallBlobLimit)))
        }
        return files
    }

    private static func manifestEntry(_ bytes: [UInt8], path: String) throws -> Descriptor {
        do {
            let index = try JSONValue(parsing: bytes)
            let entries = index["manifests"]?.array ?? []
            guard let only = entries.first, entries.count == 1 else {
                throw ImageError(
                    "\(path): holds \(entries.count) images; expected an archive of one"
                )
            }
            return try Descriptor(json: only)
        } catch let error as JSONError {
            throw ImageError("\(path): index.json: \(error.message)")
        } catch let error as ManifestError {
            throw ImageError("\(path): index.json: \(error.message)")
        }
    }

    private static func checkLayers(
        of manifest: Manifest,
        config: JSONValue,
        path: String
    ) throws(ImageError) {
        let identities = config["rootfs"]?["diff_ids"]?.array ?? []
        guard identities.count == manifest.layers.count else {
            throw ImageError(
                "\(path): the configuration names \(identities.count) layers, the manifest "
                    + "\(manifest.layers.count)"
            )
        }
        for (layer, identity) in zip(manifest.layers, identities)
        where layer.mediaType == .imageLayer && identity != .string(layer.digest.description) {
            throw ImageError(
                "\(path): layer \(layer.digest) is not the one that the configuration names"
            )
        }
    }
}

/// What one pass over the archive leaves.
private struct Contents {
    var index: [UInt8]?
    var smallBlobs: [Digest: [UInt8]] = [:]
    var byteCounts: [Digest: Int] = [:]
    private let path: String

    init(reading path: String) throws {
        self.path = path
        let limits = ArchiveLimits(entryCount: ImageArchive.entryLimit)
        let reader = try ArchiveReader(path: path, limits: limits)
        var keptByteCount = 0
        while let entry = try reader.next() {
            let prefix = "blobs/sha256/"
            if entry.path.utf8.elementsEqual("index.json".utf8) {
                index = try reader.readContent(limit: Manifest.byteLimit)
            } else if !entry.isDirectory, entry.path.utf8.starts(with: prefix.utf8) {
                guard let digest = Digest(hex: entry.path.dropFirst(prefix.utf8.count)) else {
                    throw ImageError("\(path): '\(entry.path)' is not the name of a blob")
                }
                let isKept =
                    entry.byteCount <= ImageArchive.smallBlobLimit
                    && entry.byteCount <= ImageArchive.smallBlobsLimit - keptByteCount
                if isKept { keptByteCount += entry.byteCount }
                try take(digest, entry, isKept: isKept, from: reader)
            }
        }
    }

    private mutating func take(
        _ digest: Digest,
        _ entry: ArchiveEntry,
        isKept: Bool,
        from reader: ArchiveReader
    ) throws {
        let hasher = SHA256Hasher()
        var kept: [UInt8] = []
        try reader.withContent { piece in
            unsafe piece.withUnsafeBytes { unsafe hasher.update($0) }
            if isKept {
                unsafe piece.withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
            }
        }
        let found = hasher.finish()
        guard found == digest else {
            throw ImageError(
                "\(path): blob \(digest): its bytes have the digest \(found): the archive is "
                    + "damaged or was changed; get it again"
            )
        }
        byteCounts[digest] = entry.byteCount
        if isKept { smallBlobs[digest] = kept }
    }

    func smallBlob(_ digest: Digest, _ role: String) throws(ImageError) -> [UInt8] {
        if let bytes = smallBlobs[digest] { return bytes }
        let problem = byteCounts[digest] == nil ? "is missing" : "is too large"
        throw ImageError("\(path): the \(role) \(digest) \(problem)")
    }
}
