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
    /// - Throws: `StoreError` for a path that is invalid, occurs twice or lies below a file, and
    ///   for a file that changes while it is read.
    package func writeVersion(
        kind: Kind,
        config: JSONValue,
        files: [FileSource],
        annotations: [String: String] = [:],
        progress: @escaping StoreProgress.Report = { _ in }
    ) throws -> WrittenVersion {
        let sorted = files.sorted { TreePath.precedes($0.path, $1.path) }
        var check = TreePathCheck()
        for file in sorted { try check.accept(file.path) }
        var ingest = Ingest(store: self, kind: kind, report: progress)
        var tree = TreeWriter { [chunks = ingest.chunks] page in try chunks.add(page: page) }
        var rawFiles: [Descriptor] = []
        try ingest.run(sorted) { entry in
            try tree.append(entry)
            guard entry.content == .raw else { return }
            rawFiles.append(
                Descriptor(
                    mediaType: .rawFile,
                    digest: entry.digest,
                    byteCount: entry.byteCount,
                    annotations: [Self.titleAnnotation: entry.path]
                )
            )
        }
        let root = try tree.finish()
        try ingest.chunks.packs.commit()

        let batch = ingest.blobs
        let configBytes = config.canonicalBytes
        let manifest = Manifest(
            artifactType: kind.artifactType,
            config: Descriptor(
                mediaType: kind.configType,
                digest: try batch.add(configBytes),
                byteCount: configBytes.count
            ),
            layers: [
                Descriptor(
                    mediaType: .tree,
                    digest: try batch.add(root),
                    byteCount: root.count
                )
            ] + rawFiles,
            annotations: annotations
        )
        let manifestBytes = manifest.canonicalBytes
        guard manifestBytes.count <= Manifest.byteLimit else {
            throw StoreError(
                "the version has \(rawFiles.count) files of 16 MiB or more, too many for one "
                    + "manifest: add them as several versions"
            )
        }
        // Last in the batch: a manifest that exists has all it names.
        let digest = try batch.add(manifestBytes)
        try batch.commit()
        return WrittenVersion(
            manifestDigest: digest,
            manifest: manifest,
            byteCount: ingest.progress.bytesDone,
            fileCount: sorted.count,
            newByteCount: batch.newByteCount + ingest.chunks.packs.newByteCount
        )
    }
}
