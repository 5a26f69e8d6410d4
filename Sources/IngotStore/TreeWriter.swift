// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// Builds the pages of a tree from its entries in order.
///
/// Pages are content-defined, so that one changed file changes one page of each level: a page of
/// level L ends after an item when byte L of the SHA-256 of the item's path is zero, 256 items on
/// average; or after 1024 items, or when it has reached 256 KiB. A page has at least two items, the
/// last of a level excepted. The root is the first level that is one page.
struct TreeWriter {
    private static let itemLimit = 1024
    private static let pageByteLimit = 256 << 10

    private var levels: [Level] = [Level()]
    private let store: ([UInt8]) throws -> Digest
    /// Of all that was appended.
    private(set) var fileCount = 0
    private(set) var byteCount = 0

    private struct Level {
        var items = ByteWriter()
        var count = 0
        /// The page ends before the next item: were it the last page, it would be the root.
        var isFull = false
        var firstPath = ""
        var fileCount = 0
        var byteCount = 0
        /// Pages ended so far.
        var pageCount = 0
    }

    /// - Parameter store: Keeps a page that is not the root, as a chunk.
    init(store: @escaping ([UInt8]) throws -> Digest) { self.store = store }

    mutating func append(_ entry: TreePage.StoredEntry) throws {
        if levels[0].isFull { try endPage(at: 0) }
        TreePage.write(entry, to: &levels[0].items)
        fileCount += 1
        byteCount += entry.byteCount
        didAppend(at: 0, path: entry.path, fileCount: 1, byteCount: entry.byteCount)
    }

    /// Whether the next entry begins a page.
    var isAtPageStart: Bool { levels[0].count == 0 || levels[0].isFull }

    /// Appends a page of entries that another tree has: it must be one that the same entries would
    /// have become here, so that it begins a page and does not end it early.
    mutating func append(_ page: PageReference) throws {
        precondition(isAtPageStart, "a page cannot begin inside another")
        if levels[0].isFull { try endPage(at: 0) }
        levels[0].pageCount += 1
        fileCount += page.fileCount
        byteCount += page.byteCount
        try appendReference(page, at: 1)
    }

    /// The root page's bytes.
    mutating func finish() throws -> [UInt8] {
        var index = 0
        while true {
            if levels[index].pageCount == 0 {
                return page(of: levels[index], level: index)
            }
            if levels[index].count > 0 { try endPage(at: index) }
            index += 1
        }
    }

    private mutating func didAppend(
        at index: Int,
        path: String,
        fileCount: Int,
        byteCount: Int
    ) {
        if levels[index].count == 0 { levels[index].firstPath = path }
        levels[index].count += 1
        levels[index].fileCount += fileCount
        levels[index].byteCount += byteCount
        let level = levels[index]
        levels[index].isFull =
            level.count >= 2
            && (level.count == Self.itemLimit || level.items.bytes.count >= Self.pageByteLimit
                || Digest.of(path).bytes[index] == 0)
    }

    private mutating func endPage(at index: Int) throws {
        let level = levels[index]
        let bytes = page(of: level, level: index)
        levels[index] = Level()
        levels[index].pageCount = level.pageCount + 1
        let reference = PageReference(
            digest: try store(bytes),
            pageByteCount: bytes.count,
            firstPath: level.firstPath,
            fileCount: level.fileCount,
            byteCount: level.byteCount
        )
        try appendReference(reference, at: index + 1)
    }

    private mutating func appendReference(_ page: PageReference, at index: Int) throws {
        if index == levels.count { levels.append(Level()) }
        if levels[index].isFull { try endPage(at: index) }
        TreePage.write(page, to: &levels[index].items)
        didAppend(
            at: index,
            path: page.firstPath,
            fileCount: page.fileCount,
            byteCount: page.byteCount
        )
    }

    private func page(of level: Level, level index: Int) -> [UInt8] {
        TreePage.header(level: index, count: level.count).bytes + level.items.bytes
    }
}
