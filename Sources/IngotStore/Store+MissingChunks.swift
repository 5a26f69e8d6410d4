// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The chunks that a version lacks here.
package struct MissingChunks: Sendable {
    /// Of pages: what is named in them is not known yet.
    package fileprivate(set) var pages = Set<ChunkReference>()
    /// Of files.
    package fileprivate(set) var files = Set<ChunkReference>()

    package var isEmpty: Bool { pages.isEmpty && files.isEmpty }
}

extension Store {
    /// The chunks of files, and of the pages that lead to them, that no pack here holds.
    ///
    /// The root page must be here. While pages are missing, more can come to light when they are
    /// here.
    package func missingChunks(of manifest: Manifest) throws -> MissingChunks {
        let presence = PackPresence(store: self)
        let found = Box(MissingChunks())
        var walk = ChunkWalk(
            store: self,
            onPages: { pages in
                let present = try presence.present(pages)
                found.value.pages.formUnion(pages.filter { !present.contains($0.digest) })
                return present
            },
            onFiles: { files in
                let present = try presence.present(files)
                found.value.files.formUnion(files.filter { !present.contains($0.digest) })
            }
        )
        try walk.run(manifest)
        return found.value
    }

    /// Those of the chunks that lie in packs which are here.
    package func present(_ chunks: [Digest]) throws -> Set<Digest> {
        try PackPresence(store: self).present(chunks)
    }

    private final class Box<Value> {
        var value: Value

        init(_ value: Value) { self.value = value }
    }
}

/// Which chunks are in packs that exist: the index may name a pack that was removed because it was
/// damaged.
final class PackPresence {
    private let store: Store
    private var packs: [Digest: Bool] = [:]

    init(store: Store) { self.store = store }

    func present(_ chunks: [ChunkReference]) throws -> Set<Digest> {
        try present(chunks.map(\.digest))
    }

    func present(_ chunks: [Digest]) throws -> Set<Digest> {
        var present = Set<Digest>()
        for (chunk, location) in try store.index.locations(of: chunks)
        where exists(location.pack) {
            present.insert(chunk)
        }
        return present
    }

    private func exists(_ pack: Digest) -> Bool {
        if let exists = packs[pack] { return exists }
        let exists = store.blobs.keeps(pack)
        packs[pack] = exists
        return exists
    }
}
