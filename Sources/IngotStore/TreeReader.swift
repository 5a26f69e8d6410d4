// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Walks the pages of a tree, in order, and checks that they fit together.
///
/// With a selection, only pages that can hold its files are read: those files come, and their
/// neighbours in the same pages.
struct TreeReader {
    private let store: Store
    private let chunks: ChunkReader
    private let selection: TreeSelection?
    /// Called for each page that is kept as a chunk, before it is read.
    private let pageSeen: (Digest) -> Void
    private var check = TreePathCheck()

    init(
        store: Store,
        chunks: ChunkReader,
        selection: TreeSelection? = nil,
        pageSeen: @escaping (Digest) -> Void = { _ in }
    ) {
        self.store = store
        self.chunks = chunks
        self.selection = selection
        self.pageSeen = pageSeen
    }

    /// Calls `body` for each file of a version; the root page and all pages are read, not the
    /// files.
    mutating func forEach(
        in manifest: Manifest,
        _ body: (TreePage.StoredEntry) throws -> Void
    ) throws {
        guard let root = manifest.layers.first, root.mediaType == .tree else {
            throw StoreError("the manifest has no tree, so it is not a version with files")
        }
        let bytes = try store.blobs.read(root.digest, limit: ChunkCodec.chunkByteLimit)
        _ = try walk(bytes, digest: root.digest, level: nil, place: .all, body)
    }

    /// The files and bytes under a page.
    private mutating func walk(
        _ bytes: [UInt8],
        digest: Digest,
        level expected: Int?,
        place: TreeSelection.Place,
        _ body: (TreePage.StoredEntry) throws -> Void
    ) throws -> (fileCount: Int, byteCount: Int) {
        let failure = { (problem: String) in StoreError("tree page \(digest): \(problem)") }
        let page: TreePage
        do {
            page = try TreePage(parsing: bytes)
        } catch { throw failure(error.message) }
        var total = (fileCount: 0, byteCount: 0)
        switch page {
        case .entries(let entries):
            guard expected ?? 0 == 0 else { throw failure("it is on the wrong level") }
            for entry in entries {
                do { try check.accept(entry.path) } catch { throw failure(error.message) }
                try body(entry)
                total.fileCount += 1
                total.byteCount = try sum(total.byteCount, entry.byteCount)
            }
        case .pages(let pages, let level):
            guard expected ?? level == level else { throw failure("it is on the wrong level") }
            let places = TreeSelection.places(of: pages, in: place, touching: selection)
            for (child, place) in zip(pages, places) {
                if let place {
                    pageSeen(child.digest)
                    let bytes = try chunks.read(
                        ChunkReference(digest: child.digest, byteCount: child.pageByteCount)
                    )
                    let under = try walk(
                        bytes,
                        digest: child.digest,
                        level: level - 1,
                        place: place,
                        body
                    )
                    guard under == (child.fileCount, child.byteCount) else {
                        throw failure("page \(child.digest) below it holds other totals")
                    }
                }
                total.fileCount = try sum(total.fileCount, child.fileCount)
                total.byteCount = try sum(total.byteCount, child.byteCount)
            }
        }
        return total
    }

    /// A file with all its chunks.
    func entry(_ stored: TreePage.StoredEntry) throws -> TreeEntry {
        TreeEntry(
            path: stored.path,
            isExecutable: stored.isExecutable,
            byteCount: stored.byteCount,
            digest: stored.digest,
            content: stored.content == .raw
                ? .raw(stored.digest) : .chunks(try chunkReferences(of: stored))
        )
    }

    /// The chunks of a file.
    func chunkReferences(of entry: TreePage.StoredEntry) throws -> [ChunkReference] {
        switch entry.content {
        case .raw: return []
        case .whole:
            return entry.byteCount == 0
                ? [] : [ChunkReference(digest: entry.digest, byteCount: entry.byteCount)]
        case .list(let references): return references
        case .pages(let root):
            var references: [ChunkReference] = []
            let total = try collect(root, level: nil, into: &references)
            guard total == entry.byteCount else {
                throw StoreError("file '\(entry.path)': its chunks do not add up to its size")
            }
            return references
        }
    }

    private func collect(
        _ reference: ChunkReference,
        level expected: Int?,
        into references: inout [ChunkReference]
    ) throws -> Int {
        pageSeen(reference.digest)
        let page: ChunkListPage
        do {
            page = try ChunkListPage(parsing: chunks.read(reference))
        } catch let error as StoreError {
            throw StoreError("chunk list page \(reference.digest): \(error.message)")
        }
        var total = 0
        switch page {
        case .chunks(let items):
            guard expected ?? 0 == 0 else { throw wrongLevel(reference) }
            references += items
            for item in items { total = try sum(total, item.byteCount) }
        case .pages(let items, let level):
            guard expected ?? level == level else { throw wrongLevel(reference) }
            for item in items {
                guard try collect(item.page, level: level - 1, into: &references) == item.byteCount
                else {
                    throw StoreError(
                        "chunk list page \(reference.digest): page \(item.page.digest) below it "
                            + "holds other totals"
                    )
                }
                total = try sum(total, item.byteCount)
            }
        }
        return total
    }

    private func wrongLevel(_ reference: ChunkReference) -> StoreError {
        StoreError("chunk list page \(reference.digest): it is on the wrong level")
    }

    private func sum(_ left: Int, _ right: Int) throws(StoreError) -> Int {
        let (total, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw StoreError("the sizes in a tree exceed 63 bits") }
        return total
    }
}
