// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// The pages of a tree on one level, read from the root downwards and only as far as asked.
struct TreeFrontier {
    private let chunks: ChunkReader
    /// The pages still to be read, in order; none once the entries are there.
    private(set) var pages: [PageReference] = []
    /// The level of `pages`; -1 when they are read and `entries` holds what they held.
    private(set) var level = -1
    private(set) var entries: [TreePage.StoredEntry] = []

    init(store: Store, version: Digest) throws {
        chunks = ChunkReader(store: store)
        guard let root = try store.manifest(version).layers.first, root.mediaType == .tree else {
            throw StoreError("\(version): the manifest has no tree, so it has no files")
        }
        switch try Self.page(
            store.blobs.read(root.digest, limit: ChunkCodec.chunkByteLimit),
            root.digest
        ) {
        case .entries(let entries): self.entries = entries
        case .pages(let pages, let level): (self.pages, self.level) = (pages, level - 1)
        }
    }

    private static func page(_ bytes: [UInt8], _ digest: Digest) throws -> TreePage {
        do {
            return try TreePage(parsing: bytes)
        } catch {
            throw StoreError("tree page \(digest): \(error.message)")
        }
    }

    /// Reads the pages: what they hold takes their place.
    mutating func descend() throws {
        guard level >= 0 else { return }
        var below: [PageReference] = []
        for page in pages {
            switch try read(page) {
            case .entries(let entries) where level == 0: self.entries += entries
            case .pages(let pages, level) where level > 0: below += pages
            default: throw StoreError("tree page \(page.digest): it is on the wrong level")
            }
        }
        pages = below
        level -= 1
    }

    private func read(_ page: PageReference) throws -> TreePage {
        try Self.page(
            chunks.read(ChunkReference(digest: page.digest, byteCount: page.pageByteCount)),
            page.digest
        )
    }

    /// The entries of one page of level 0.
    func entries(of page: PageReference) throws -> [TreePage.StoredEntry] {
        guard case .entries(let entries) = try read(page), entries.count == page.fileCount else {
            throw StoreError("tree page \(page.digest): it holds other files than said above it")
        }
        return entries
    }

    /// Leaves out the pages that another tree has as well on this level: the same page is the same
    /// files.
    mutating func drop(_ digests: Set<Digest>) {
        pages.removeAll { digests.contains($0.digest) }
    }
}
