// SPDX-License-Identifier: Apache-2.0

internal import IngotArchive
internal import IngotCore
internal import IngotCrypto

/// One tar that is both an OCI image layout (`oci-layout`, `index.json`) and a Docker archive
/// (`manifest.json`): OCI image specification 1.1, `image-layout.md`.
///
/// The three files come first,
/// then the manifest and the configuration, then the layers, so that a reader can start early.
extension ImagePlan {
    /// A file for the archive on a disk with room for it, for whoever makes promises before it is
    /// written.
    package func archiveFile(at path: String) throws -> ArchiveFile {
        let file = try ArchiveFile(creating: path)
        try file.checkRoom(for: byteCount)
        return file
    }

    /// Writes the archive: the same plan and name, the same bytes.
    ///
    /// Blocking; the file appears whole or not at all. `progress` hears how many bytes are written.
    ///
    /// - Throws: `ImageError` when a file changed since it was hashed.
    package func writeArchive(
        to file: ArchiveFile,
        name: ImageName,
        progress: (Int) -> Void = { _ in }
    ) throws {
        try withoutActuallyEscaping(progress) { progress in
            let writer = TarWriter { piece in
                try file.write(piece)
                progress(file.byteCount)
            }
            try writer.add(path: "oci-layout", bytes: Self.layoutBytes)
            try writer.add(path: "index.json", bytes: index(name).canonicalBytes)
            try writer.add(path: "manifest.json", bytes: dockerManifest(name).canonicalBytes)
            try writer.addDirectory(path: "blobs")
            try writer.addDirectory(path: "blobs/sha256")
            try writer.add(path: Self.blobPath(digest), bytes: manifestBytes)
            try writer.add(path: Self.blobPath(manifest.config.digest), bytes: configBytes)
            var written = Set<Digest>()
            for (layer, descriptor) in zip(layers, manifest.layers)
            where written.insert(descriptor.digest).inserted {
                try Self.add(layer, descriptor, to: writer)
            }
            try writer.finish()
        }
        try file.finish()
    }

    private static let layoutBytes = Array("{\"imageLayoutVersion\":\"1.0.0\"}".utf8)

    private static func blobPath(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

    private static func add(
        _ layer: ImageLayer,
        _ descriptor: Descriptor,
        to writer: TarWriter
    ) throws {
        let header = try TarHeader(
            path: blobPath(descriptor.digest),
            kind: .file(byteCount: descriptor.byteCount)
        )
        try writer.begin(header)
        let hasher = SHA256Hasher()
        try layer.write { piece in
            unsafe piece.withUnsafeBytes { unsafe hasher.update($0) }
            try writer.write(piece)
        }
        guard hasher.finish() == descriptor.digest else {
            throw ImageError(
                "layer \(layer.name): a file changed while the image was written; "
                    + "build the image again"
            )
        }
    }

    private func index(_ name: ImageName) -> JSONValue {
        [
            "schemaVersion": 2,
            "mediaType": .string(MediaType.imageIndex.text),
            "manifests": [
                [
                    "mediaType": .string(MediaType.imageManifest.text),
                    "digest": .string(digest.description),
                    "size": .integer(Int64(manifestBytes.count)),
                    "platform": ["architecture": .string(settings.architecture), "os": "linux"],
                    "annotations": [
                        "org.opencontainers.image.ref.name": .string(name.tag.text),
                        "io.containerd.image.name": .string(name.containerdName),
                    ],
                ]
            ],
        ]
    }

    private func dockerManifest(_ name: ImageName) -> JSONValue {
        [
            [
                "Config": .string(Self.blobPath(manifest.config.digest)),
                "RepoTags": [.string(name.description)],
                "Layers": .array(manifest.layers.map { .string(Self.blobPath($0.digest)) }),
            ]
        ]
    }
}
