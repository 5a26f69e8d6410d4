// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A reference to a page one level below.
struct PageReference: Hashable {
    let digest: Digest
    /// Of the page itself.
    let pageByteCount: Int
    /// The path of the first entry under the page.
    let firstPath: String
    /// Files under the page, and their bytes.
    let fileCount: Int
    let byteCount: Int
}

/// A page of a tree.
///
/// Integers are LEB128 varints in their shortest form.
///
///     page   8 bytes: `INGOTT`, level, version 1 · count · items
///     level 0, an entry:
///            path size · path · flags · size · digest 32 · content
///            flags: bit 0 executable; bits 1 and 2 the form of the content
///            form 0, whole: nothing; an empty file, or one chunk whose digest is the file's
///            form 1, list:  count (2 to 64) · count times (chunk digest 32 · size)
///            form 2, pages: digest 32 and size of the root page of the chunk list
///            form 3, raw:   nothing; the file is the blob of its digest
///     level 1 and up, a page one level below:
///            path size · path of its first entry · digest 32 · page size · files · bytes
///
/// Items rise by path, bytewise. The level and what it holds follow from the entries alone.
enum TreePage {
    case entries([StoredEntry])
    case pages([PageReference], level: Int)

    static let magic = Array("INGOTT".utf8)
    static let version: UInt8 = 1
    /// Levels of pages: two suffice for a million files of ordinary names, and even pages of two
    /// items, which is what chosen names can force, leave room for more files than a disk can hold.
    static let levelLimit = 32

    /// An entry as a page holds it: a long chunk list is a reference to its own pages.
    struct StoredEntry: Hashable {
        enum Content: Hashable {
            case whole
            case list([ChunkReference])
            case pages(root: ChunkReference)
            case raw
        }

        let path: String
        let isExecutable: Bool
        let byteCount: Int
        let digest: Digest
        let content: Content
    }

    /// More chunks than this, 4 MiB of a file on average, move to pages of their own.
    static let inlineChunkLimit = 64

    static func header(level: Int, count: Int) -> ByteWriter {
        var writer = ByteWriter(bytes: magic + [UInt8(level), version])
        writer.writeVarint(count)
        return writer
    }

    static func write(_ entry: StoredEntry, to writer: inout ByteWriter) {
        writer.writePath(entry.path)
        let form: UInt8 =
            switch entry.content {
            case .whole: 0
            case .list: 1
            case .pages: 2
            case .raw: 3
            }
        writer.bytes.append(form << 1 | (entry.isExecutable ? 1 : 0))
        writer.writeVarint(entry.byteCount)
        writer.bytes += entry.digest.bytes
        switch entry.content {
        case .whole, .raw: break
        case .list(let chunks):
            writer.writeVarint(chunks.count)
            for chunk in chunks { writer.write(chunk) }
        case .pages(let root): writer.write(root)
        }
    }

    static func write(_ page: PageReference, to writer: inout ByteWriter) {
        writer.writePath(page.firstPath)
        writer.bytes += page.digest.bytes
        writer.writeVarint(page.pageByteCount)
        writer.writeVarint(page.fileCount)
        writer.writeVarint(page.byteCount)
    }

    init(parsing bytes: [UInt8]) throws(StoreError) {
        var reader = ByteReader(bytes)
        guard try reader.take(Self.magic.count).elementsEqual(Self.magic) else {
            throw StoreError("it does not start with INGOTT")
        }
        let level = Int(try reader.byte())
        let version = try reader.byte()
        guard version == Self.version else {
            throw StoreError("its version \(version) is not known to this program")
        }
        guard level < Self.levelLimit else { throw StoreError("level \(level) is too high") }
        let count = try reader.varint()
        // Each item has a path and a digest, so the count is checked before anything is reserved.
        guard count <= reader.remaining / Digest.byteCount else {
            throw StoreError("its \(count) items cannot fit")
        }
        if level == 0 {
            var entries: [StoredEntry] = []
            for _ in 0..<count { entries.append(try Self.readEntry(from: &reader)) }
            self = .entries(entries)
        } else {
            guard count > 0 else { throw StoreError("a page of pages that has none") }
            var pages: [PageReference] = []
            for _ in 0..<count { pages.append(try Self.readReference(from: &reader)) }
            self = .pages(pages, level: level)
        }
        guard reader.remaining == 0 else {
            throw StoreError("\(reader.remaining) bytes follow its last item")
        }
    }

    private static func readEntry(from reader: inout ByteReader) throws(StoreError) -> StoredEntry {
        let path = try reader.path()
        let flags = try reader.byte()
        guard flags < 8 else { throw StoreError("entry '\(path)' has the unknown flags \(flags)") }
        let byteCount = try reader.varint()
        let digest = Digest(bytes: try reader.take(Digest.byteCount))
        let content: StoredEntry.Content
        switch flags >> 1 {
        case 0:
            guard byteCount <= Chunker.maximumByteCount else {
                throw StoreError("entry '\(path)' is too large for one chunk")
            }
            content = .whole
        case 1:
            let count = try reader.varint()
            guard (2...inlineChunkLimit).contains(count) else {
                throw StoreError("entry '\(path)' lists \(count) chunks")
            }
            var chunks: [ChunkReference] = []
            for _ in 0..<count { chunks.append(try reader.chunk()) }
            guard chunks.reduce(0, { $0 + $1.byteCount }) == byteCount else {
                throw StoreError("entry '\(path)': its chunks do not add up to its size")
            }
            content = .list(chunks)
        case 2: content = .pages(root: try reader.page())
        default: content = .raw
        }
        return StoredEntry(
            path: path,
            isExecutable: flags & 1 == 1,
            byteCount: byteCount,
            digest: digest,
            content: content
        )
    }

    private static func readReference(
        from reader: inout ByteReader
    ) throws(StoreError) -> PageReference {
        let path = try reader.path()
        let page = try reader.page()
        return PageReference(
            digest: page.digest,
            pageByteCount: page.byteCount,
            firstPath: path,
            fileCount: try reader.varint(),
            byteCount: try reader.varint()
        )
    }
}

extension ByteWriter {
    fileprivate mutating func writePath(_ path: String) {
        writeVarint(path.utf8.count)
        bytes += path.utf8
    }

    mutating func write(_ chunk: ChunkReference) {
        bytes += chunk.digest.bytes
        writeVarint(chunk.byteCount)
    }
}

extension ByteReader {
    fileprivate mutating func path() throws(StoreError) -> String {
        let count = try varint()
        guard count <= TreePath.byteLimit else { throw StoreError("a path of \(count) bytes") }
        guard let path = String(validating: try take(count), as: UTF8.self) else {
            throw StoreError("a path that is not UTF-8")
        }
        return path
    }

    /// A chunk of a file.
    mutating func chunk() throws(StoreError) -> ChunkReference {
        let digest = Digest(bytes: try take(Digest.byteCount))
        let byteCount = try varint()
        guard (1...Chunker.maximumByteCount).contains(byteCount) else {
            throw StoreError("a chunk of \(byteCount) bytes")
        }
        return ChunkReference(digest: digest, byteCount: byteCount)
    }

    /// A page that is kept as a chunk.
    mutating func page() throws(StoreError) -> ChunkReference {
        let digest = Digest(bytes: try take(Digest.byteCount))
        let byteCount = try varint()
        guard (1...ChunkCodec.chunkByteLimit).contains(byteCount) else {
            throw StoreError("a page of \(byteCount) bytes")
        }
        return ChunkReference(digest: digest, byteCount: byteCount)
    }
}
