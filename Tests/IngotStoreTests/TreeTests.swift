// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotStore

@Suite struct TreeTests {
    private func files(_ count: Int) -> [FileSource] {
        (0..<count).map { number in
            .bytes("part-\(number % 10)/file-\(number).txt", Array("content \(number)".utf8))
        }
    }

    @Test("a large tree has pages, and one changed file stores a page of each level")
    func pages() throws {
        let test = try TestStore()
        var files = files(20_000)
        let first = try test.add(files)
        let root = try test.store.blobs.read(first.manifest.layers[0].digest)
        #expect(root[6] == 1)
        #expect(try test.store.readTree(of: first.manifestDigest).count == 20_000)
        files[7777] = .bytes("part-7/file-7777.txt", Array("changed".utf8))
        let second = try test.add(files)
        #expect(second.manifestDigest != first.manifestDigest)
        #expect(second.newByteCount < 64 << 10)
        let changed = try test.store.readTree(of: second.manifestDigest)
            .filter { $0.path == "part-7/file-7777.txt" }
        #expect(try test.store.readFile(try #require(changed.first)) == Array("changed".utf8))
        #expect(try test.store.check().isEmpty)
        // A tree made at once equals the one reached by a change.
        let other = try TestStore()
        #expect(try other.add(files).manifestDigest == second.manifestDigest)
    }

    @Test("a tree of several levels holds all its entries")
    func levels() throws {
        var stored: [Digest: [UInt8]] = [:]
        var writer = TreeWriter { page in
            let digest = Digest.of(page)
            stored[digest] = page
            return digest
        }
        let paths = (0..<120_000).map { "f\(1_000_000 + $0)" }
        for path in paths {
            try writer.append(
                TreePage.StoredEntry(
                    path: path,
                    isExecutable: false,
                    byteCount: 0,
                    digest: Digest.of([UInt8]()),
                    content: .whole
                )
            )
        }
        let root = try writer.finish()
        #expect(root[6] == 2)
        #expect(stored.values.allSatisfy { $0.count <= 300 << 10 })
        func walk(_ page: [UInt8]) throws -> [String] {
            switch try TreePage(parsing: page) {
            case .entries(let entries): entries.map(\.path)
            case .pages(let pages, _):
                try pages.flatMap { try walk(try #require(stored[$0.digest])) }
            }
        }
        #expect(try walk(root) == paths)
    }

    @Test("a long chunk list has pages of its own")
    func chunkLists() throws {
        let chunks = (0..<100_000).map {
            ChunkReference(digest: Digest.of("\($0)"), byteCount: 70_000 + $0 % 7)
        }
        var stored: [Digest: [UInt8]] = [:]
        let root = try ChunkListPage.write(chunks) { page in
            let digest = Digest.of(page)
            stored[digest] = page
            return digest
        }
        func walk(_ page: ChunkReference) throws -> [ChunkReference] {
            let bytes = try #require(stored[page.digest])
            #expect(bytes.count == page.byteCount)
            switch try ChunkListPage(parsing: bytes) {
            case .chunks(let chunks): return chunks
            case .pages(let pages, _): return try pages.flatMap { try walk($0.page) }
            }
        }
        #expect(try walk(root) == chunks)
        #expect(stored.count > 300)
    }

    /// A page with an entry of each form.
    private func page() -> [UInt8] {
        let digest = Digest.of("d")
        let chunk = ChunkReference(digest: digest, byteCount: 100_000)
        let contents: [(Int, TreePage.StoredEntry.Content)] = [
            (3, .whole), (200_000, .list([chunk, chunk])), (9 << 20, .pages(root: chunk)),
            (17 << 20, .raw),
        ]
        var writer = TreePage.header(level: 0, count: contents.count)
        for (number, content) in contents.enumerated() {
            TreePage.write(
                TreePage.StoredEntry(
                    path: "f\(number)",
                    isExecutable: number == 1,
                    byteCount: content.0,
                    digest: digest,
                    content: content.1
                ),
                to: &writer
            )
        }
        return writer.bytes
    }

    @Test("a page reads back what was written, and no shorter or longer bytes")
    func pageBytes() throws {
        let bytes = page()
        guard case .entries(let entries) = try TreePage(parsing: bytes) else {
            Issue.record("not a page of entries")
            return
        }
        #expect(entries.map(\.path) == ["f0", "f1", "f2", "f3"])
        #expect(entries[1].isExecutable)
        for length in 0..<bytes.count {
            #expect(throws: StoreError.self) { try TreePage(parsing: Array(bytes[..<length])) }
        }
        #expect(throws: StoreError.self) { try TreePage(parsing: bytes + [0]) }
    }

    @Test("damaged pages are refused or read, but never crash", arguments: 0..<8)
    func fuzz(bit: Int) {
        let bytes = page()
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1 << bit
            do { _ = try TreePage(parsing: damaged) } catch { #expect(!error.message.isEmpty) }
        }
    }

    @Test(
        "refuses headers and integers that are not as written",
        arguments: [
            "another magic", "level 40", "version 2", "a long integer", "an endless integer",
            "a huge count", "no pages",
        ]
    )
    func badPages(name: String) throws {
        let header = Array("INGOTT".utf8)
        let bytes: [UInt8] =
            switch name {
            case "another magic": Array("INGOTX".utf8) + [0, 1, 0]
            case "level 40": header + [40, 1, 0]
            case "version 2": header + [0, 2, 0]
            case "a long integer": header + [0, 1, 0x80, 0]
            case "an endless integer": header + [0, 1] + [UInt8](repeating: 0xFF, count: 10)
            case "a huge count": header + [0, 1, 0xFF, 0xFF, 0xFF, 0x7F]
            default: header + [1, 1, 0]
            }
        #expect(throws: StoreError.self) { try TreePage(parsing: bytes) }
        if name != "no pages" {
            #expect(throws: StoreError.self) {
                try ChunkListPage(parsing: Array("INGOTL".utf8) + bytes.dropFirst(6))
            }
        }
        #expect(try TreePage(parsing: header + [0, 1, 0]).isEmptyPage)
    }
}

extension TreePage {
    fileprivate var isEmptyPage: Bool {
        if case .entries(let entries) = self { entries.isEmpty } else { false }
    }
}
