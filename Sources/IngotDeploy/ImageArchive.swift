// SPDX-License-Identifier: Apache-2.0

internal import IngotArchive
package import IngotCore
internal import IngotCrypto

/// What an OCI archive says it is, without unpacking it.
package enum ImageArchive {
    /// The digest of the one image in an archive, checked against the manifest's bytes in it.
    ///
    /// - Throws: `DeployError` or `ArchiveError` when the file is no archive of one image.
    package static func manifestDigest(ofFile path: String) throws -> Digest {
        let reader = try ArchiveReader(path: path)
        var wanted: Digest?
        while let entry = try reader.next() {
            if entry.path == "index.json" {
                let bytes = try reader.readContent(limit: Manifest.byteLimit)
                wanted = try digest(inIndex: bytes, path: path)
            } else if let digest = wanted, entry.path == "blobs/sha256/\(digest.hex)" {
                guard Digest.of(try reader.readContent(limit: Manifest.byteLimit)) == digest else {
                    throw DeployError("\(path): the manifest in it is not \(digest): it is damaged")
                }
                return digest
            }
        }
        throw DeployError(
            wanted == nil
                ? "\(path): not an OCI archive: it has no index.json"
                : "\(path): the manifest that its index names is not in it: it is cut short")
    }

    private static func digest(inIndex bytes: [UInt8], path: String) throws -> Digest {
        let manifests = try JSONValue(parsing: bytes)["manifests"]?.array ?? []
        guard manifests.count == 1, let manifest = manifests.first else {
            throw DeployError("\(path): expected one image in it, found \(manifests.count)")
        }
        return try Descriptor(json: manifest).digest
    }
}
