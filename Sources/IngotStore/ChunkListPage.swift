// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A page of the chunk list of a file of more than 64 chunks.
///
///     page   8 bytes: `INGOTL`, level, version 1 · count · items
///     level 0, a chunk:                        digest 32 · size
///     level 1 and up, a page one level below:  digest 32 · page size · bytes of the file under it
///
/// A page ends after an item whose digest ends in a zero byte, 256 items on average, or after 1024.
enum ChunkListPage {
    case chunks([ChunkReference])
    case pages([Reference], level: Int)

    struct Reference: Hashable {
        let page: ChunkReference
        /// Of the file.
        let byteCount: Int
    }

    static let magic = Array("INGOTL".utf8)
    static let version: UInt8 = 1
    static let itemLimit = 1024
    static let levelLimit = 8

    /// Whether a page ends after an item.
    static func isCut(after digest: Digest) -> Bool { digest.lastByte == 0 }

    /// Writes the pages of a list, the lowest first, and returns the root.
    static func write(
        _ chunks: [ChunkReference],
        store: ([UInt8]) throws -> Digest
    ) throws -> ChunkReference {
        var pages = try split(chunks, digest: \.digest).map { items in
            var writer = header(level: 0, count: items.count)
            for chunk in items { writer.write(chunk) }
            return try reference(
                to: writer.bytes,
                byteCount: items.reduce(0) { $0 + $1.byteCount },
                store: store
            )
        }
        var level = 1
        while pages.count > 1 {
            pages = try split(pages, digest: \.page.digest).map { items in
                var writer = header(level: level, count: items.count)
                for item in items {
                    writer.write(item.page)
                    writer.writeVarint(item.byteCount)
                }
                return try reference(
                    to: writer.bytes,
                    byteCount: items.reduce(0) { $0 + $1.byteCount },
                    store: store
                )
            }
            level += 1
        }
        return pages[0].page
    }

    private static func header(level: Int, count: Int) -> ByteWriter {
        var writer = ByteWriter(bytes: magic + [UInt8(level), version])
        writer.writeVarint(count)
        return writer
    }

    private static func reference(
        to bytes: [UInt8],
        byteCount: Int,
        store: ([UInt8]) throws -> Digest
    ) throws -> Reference {
        let digest = try store(bytes)
        return Reference(
            page: ChunkReference(digest: digest, byteCount: bytes.count),
            byteCount: byteCount
        )
    }

    /// At least two items a page, so that each level is at most half as long as the one below.
    private static func split<Item>(
        _ items: [Item],
        digest: (Item) -> Digest
    ) -> [ArraySlice<Item>] {
        var pages: [ArraySlice<Item>] = []
        var start = 0
        for index in items.indices {
            let count = index + 1 - start
            guard count >= 2, isCut(after: digest(items[index])) || count == itemLimit else {
                continue
            }
            pages.append(items[start...index])
            start = index + 1
        }
        if start < items.count { pages.append(items[start...]) }
        return pages
    }

    init(parsing bytes: [UInt8]) throws(StoreError) {
        var reader = ByteReader(bytes)
        guard try reader.take(Self.magic.count).elementsEqual(Self.magic) else {
            throw StoreError("it does not start with INGOTL")
        }
        let level = Int(try reader.byte())
        guard try reader.byte() == Self.version, level < Self.levelLimit else {
            throw StoreError("its version or level is not known to this program")
        }
        let count = try reader.varint()
        guard (1...Self.itemLimit).contains(count) else {
            throw StoreError("it has \(count) items")
        }
        if level == 0 {
            var chunks: [ChunkReference] = []
            for _ in 0..<count { chunks.append(try reader.chunk()) }
            self = .chunks(chunks)
        } else {
            var pages: [Reference] = []
            for _ in 0..<count {
                pages.append(
                    Reference(page: try reader.page(), byteCount: try reader.varint())
                )
            }
            self = .pages(pages, level: level)
        }
        guard reader.remaining == 0 else {
            throw StoreError("\(reader.remaining) bytes follow its last item")
        }
    }
}
