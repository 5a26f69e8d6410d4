// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotFiles

extension Store {
    /// Stores files as a version: chunks in packs, tree, config, manifest, durable on return.
    ///
    /// It has no name until the catalog gives it one.
    ///
    /// The manifest's digest depends on the kind, config, annotations and files alone. Killed at
    /// any moment, it leaves whole packs and blobs that a second call finds or makes again.
    ///
    /// Files that are `kept` from an earlier version are not read; their entries, and where it can
    /// be the pages that hold them, are taken from its tree.
    ///
    /// - Throws: `StoreError` for a path that is invalid, occurs twice or lies below a file, and
    ///   for a file that changes while it is read.
    package func writeVersion(
        kind: Kind,
        config: JSONValue,
        files: [FileSource],
        annotations: [String: String] = [:],
        keeping kept: KeptFiles? = nil,
        progress: @escaping StoreProgress.Report = { _ in }
    ) throws -> WrittenVersion {
        guard kind != .image else {
            throw StoreError("an image has layers, not a tree: its manifest is made elsewhere")
        }
        let configBytes = config.canonicalBytes
        guard configBytes.count <= Manifest.byteLimit else {
            throw StoreError(
                "the version's config has \(configBytes.count) bytes: at most "
                    + "\(Manifest.byteLimit) are allowed"
            )
        }
        let sorted = files.sorted { TreePath.precedes($0.path, $1.path) }
        // Before the first byte is read, so that a bad name costs no time.
        var early = TreePathCheck()
        for file in sorted { try early.accept(file.path) }
        var ingest = Ingest(store: self, kind: kind, report: progress)
        var tree = TreeWriter { [chunks = ingest.chunks] page in try chunks.add(page: page) }
        var rawFiles: [Descriptor] = []
        var keptFiles = try kept.map { try KeptFilesWriter($0, store: self, kind: kind) }
        var check = TreePathCheck()
        var index = 0
        let noteRaw = { (entry: TreePage.StoredEntry) in
            if entry.content == .raw { rawFiles.append(Self.layer(of: entry)) }
        }
        try ingest.run(sorted) { entry in
            try keptFiles?.write(before: index, to: &tree, check: &check, each: noteRaw)
            index += 1
            try check.accept(entry.path)
            try tree.append(entry)
            noteRaw(entry)
        }
        try keptFiles?.write(before: nil, to: &tree, check: &check, each: noteRaw)
        let root = try tree.finish()
        let packedByteCount = try ingest.chunks.commit()

        let batch = ingest.blobs
        let manifest = Manifest(
            artifactType: kind.artifactType,
            config: try Self.add(configBytes, kind.configType, to: batch),
            layers: [try Self.add(root, .tree, to: batch)] + rawFiles,
            annotations: annotations
        )
        let manifestBytes = manifest.canonicalBytes
        guard manifestBytes.count <= Manifest.byteLimit else {
            throw StoreError(
                "the version's manifest has \(manifestBytes.count) bytes: too many annotations, or "
                    + "more files of 16 MiB than one version can hold: add several versions"
            )
        }
        // Last in the batch: a manifest that exists has all it names.
        let digest = try batch.add(manifestBytes)
        try batch.commit()
        return WrittenVersion(
            manifestDigest: digest,
            manifest: manifest,
            byteCount: tree.byteCount,
            fileCount: tree.fileCount,
            newByteCount: batch.newByteCount + packedByteCount
        )
    }

    /// The layer of a raw file.
    private static func layer(of entry: TreePage.StoredEntry) -> Descriptor {
        Descriptor(
            mediaType: .rawFile,
            digest: entry.digest,
            byteCount: entry.byteCount,
            annotations: [titleAnnotation: entry.path]
        )
    }

    private static func add(
        _ bytes: [UInt8],
        _ mediaType: MediaType,
        to batch: BlobBatch
    ) throws -> Descriptor {
        Descriptor(mediaType: mediaType, digest: try batch.add(bytes), byteCount: bytes.count)
    }
}
