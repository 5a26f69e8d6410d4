// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Walks the chunks that a version is made of: the pages of its tree and of its chunk lists, then
/// those of its files.
///
/// Pages are chunks themselves; whoever walks says which of them are there to be read. With a
/// selection, only its files count, and the pages on the way to them.
struct ChunkWalk {
    /// Files whose chunks are handed out together.
    private static let groupCount = 4096

    private let store: Store
    private let selection: TreeSelection?
    private let chunks: ChunkReader
    /// Given the chunks of some pages, returns those that can be read.
    private let onPages: ([ChunkReference]) throws -> Set<Digest>
    private let onFiles: ([ChunkReference]) throws -> Void
    private var pending: [ChunkReference] = []

    init(
        store: Store,
        selection: TreeSelection? = nil,
        onPages: @escaping ([ChunkReference]) throws -> Set<Digest>,
        onFiles: @escaping ([ChunkReference]) throws -> Void
    ) {
        self.store = store
        self.selection = selection
        chunks = ChunkReader(store: store)
        self.onPages = onPages
        self.onFiles = onFiles
    }

    mutating func run(_ manifest: Manifest) throws {
        guard let root = manifest.layers.first, root.mediaType == .tree else {
            throw StoreError("the manifest has no tree, so it is not a version with files")
        }
        let bytes = try store.blobs.read(root.digest, limit: ChunkCodec.chunkByteLimit)
        try walk(bytes, depth: 0, place: .all)
        try flush()
    }

    private mutating func walk(
        _ bytes: [UInt8],
        depth: Int,
        place: TreeSelection.Place
    ) throws {
        guard depth < TreePage.levelLimit else { throw StoreError("tree: too many levels") }
        switch try TreePage(parsing: bytes) {
        case .entries(let entries):
            for entry in entries where selection?.contains(entry.path) ?? true {
                try visit(entry)
            }
        case .pages(let pages, _):
            let places = TreeSelection.places(of: pages, in: place, touching: selection)
            var wanted: [(reference: ChunkReference, place: TreeSelection.Place)] = []
            for (page, place) in zip(pages, places) {
                guard let place else { continue }
                let size = page.pageByteCount
                wanted.append((ChunkReference(digest: page.digest, byteCount: size), place))
            }
            let readable = try onPages(wanted.map(\.reference))
            for (reference, place) in wanted where readable.contains(reference.digest) {
                try walk(try chunks.read(reference), depth: depth + 1, place: place)
            }
        }
    }

    private mutating func visit(_ entry: TreePage.StoredEntry) throws {
        switch entry.content {
        case .raw: break
        case .whole:
            guard entry.byteCount > 0 else { break }
            pending.append(ChunkReference(digest: entry.digest, byteCount: entry.byteCount))
        case .list(let references): pending += references
        case .pages(let root): try visit(root, depth: 0)
        }
        if pending.count >= Self.groupCount { try flush() }
    }

    /// A page of a chunk list.
    private mutating func visit(_ page: ChunkReference, depth: Int) throws {
        guard depth < ChunkListPage.levelLimit else {
            throw StoreError("chunk list: too many levels")
        }
        guard try onPages([page]).contains(page.digest) else { return }
        switch try ChunkListPage(parsing: chunks.read(page)) {
        case .chunks(let items): pending += items
        case .pages(let items, _):
            for item in items { try visit(item.page, depth: depth + 1) }
        }
    }

    private mutating func flush() throws {
        guard !pending.isEmpty else { return }
        try onFiles(pending)
        pending = []
    }
}
