// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotRemote
package import IngotStore

/// Brings some files of a version from elsewhere, and of the rest only the pages on the way to
/// them.
///
/// The chunks stay in the store, where a later pull finds them; the manifest does not, so that
/// nothing takes the version for one that is here.
package struct PartialPull: Sendable {
    private let download: Download

    package init(
        store: Store,
        remote: any Remote,
        repository: RepositoryName,
        report: @escaping TransferProgress.Report = { _ in }
    ) {
        download = Download(
            store: store,
            remote: remote,
            repository: repository,
            counter: TransferCounter(report: report)
        )
    }

    /// What came so far: pages, chunks, and the directories of the packs that hold them.
    package var receivedByteCount: Int { download.counter.progress.bytesDone }

    /// Brings what says which files a part of the version has.
    ///
    /// - Throws: `StoreError` for a path that is not there.
    package func files(
        of version: Digest,
        in selection: TreeSelection
    ) async throws -> PulledFiles {
        let found = try await download.manifest(of: version)
        let manifest = found.manifest
        try await download.blob(found.root)
        let packs = download.packs
        var places = ChunkPlaces(
            packs: packs,
            of: version,
            unread: try await packs.packs(of: version)
        )
        while true {
            let pages = try download.store.missingChunks(of: manifest, in: selection).pages
            if pages.isEmpty { break }
            try await download.chunks(try await places.find(pages.map(\.digest)))
        }
        let entries = try download.store.files(of: manifest, in: selection)
        return PulledFiles(entries: entries, layers: manifest.layers, places: places)
    }

    /// Brings what some of these files consist of.
    package func contents(of entries: [TreeEntry], in files: PulledFiles) async throws {
        var raw = Set<Digest>()
        var chunks = Set<Digest>()
        for entry in entries {
            switch entry.content {
            case .raw(let digest): raw.insert(digest)
            case .chunks(let references): chunks.formUnion(references.map(\.digest))
            }
        }
        try await inParallel(files.layers.filter { raw.contains($0.digest) }) {
            try await download.blob($0)
        }
        chunks.subtract(try download.store.present(Array(chunks)))
        guard !chunks.isEmpty else { return }
        var places = files.places
        try await download.chunks(try await places.find(chunks))
    }
}

/// The files of a part of a version elsewhere.
package struct PulledFiles {
    package let entries: [TreeEntry]
    let layers: [Descriptor]
    let places: ChunkPlaces
}
