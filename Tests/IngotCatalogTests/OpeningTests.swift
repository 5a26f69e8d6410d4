// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotCatalog

@Suite struct OpeningTests {
    @Test("commits survive a crash: WAL with full synchronisation, and foreign keys are on")
    func settings() throws {
        let test = try TestCatalog()
        let settings = try test.catalog.database.writeWithoutTransaction { db in
            try ["journal_mode", "synchronous", "foreign_keys"].map { name in
                try String.fetchOne(db, sql: "PRAGMA \(name)")
            }
        }
        #expect(settings == ["wal", "2", "1"])
    }

    @Test("refuses a store without a catalog, a damaged one and one of a newer program")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        let blobs = try BlobStore.create(at: directory.path + "/.ingot")
        #expect(throws: CatalogError.self) { try Catalog(opening: blobs.root) }
        try Files.replace(
            blobs.layout.catalog,
            with: Array(repeating: UInt8(ascii: "x"), count: 4096)
        )
        let error = #expect(throws: CatalogError.self) { try Catalog(opening: blobs.root) }
        #expect(error?.code == .unusable)
        #expect(error?.message.contains("catalog.sqlite") == true)

        let test = try TestCatalog()
        try test.catalog.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999')")
        }
        let newer = #expect(throws: CatalogError.self) {
            try Catalog(opening: test.blobs.root)
        }
        #expect(newer?.message.contains("newer Ingot") == true)
    }

    @Test("follows no link, and begins no new catalog in the place of one that was emptied")
    func replaced() throws {
        let test = try TestCatalog()
        let path = test.blobs.layout.catalog
        let message = {
            #expect(throws: CatalogError.self) { try Catalog(opening: test.blobs.root) }?.message
        }
        let moved = test.blobs.root + "/moved"
        #expect(unsafe rename(path, moved) == 0)
        for target in [moved, "catalog.sqlite", "/nowhere/else"] {
            try Files.remove(path)
            #expect(unsafe symlink(target, path) == 0)
            #expect(message()?.contains("not a plain file: move the catalog itself here") == true)
        }
        try Files.remove(path)
        try Files.replace(path, with: [])
        #expect(message()?.contains("empty: restore it") == true)
    }

    @Test("a full disk refuses an entry in one line, changes nothing, and does not stop reading")
    func fullDisk() throws {
        let test = try TestCatalog()
        let repository = try RepositoryName(parsing: "data")
        let first = try test.addVersion("one", to: repository)
        try test.catalog.database.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        let large = Change.key(
            role: "r",
            keyID: "k",
            pem: String(repeating: "x", count: 60_000),
            detail: .null
        )
        let error = #expect(throws: CatalogError.self) { try test.append([large]) }
        #expect(error?.message.contains("the disk is full") == true)
        #expect(try test.catalog.logSize() == 1)
        #expect(try test.catalog.versions(of: repository).map(\.digest) == [first])
        #expect(try test.catalog.replay().isEmpty)
    }

    @Test("where SQLite cannot make its files, reading goes on and a write says why it is refused")
    func unwritable() throws {
        let directory: TemporaryDirectory
        let root: String
        let repository = try RepositoryName(parsing: "data")
        let first: Digest
        do {
            let test = try TestCatalog()
            first = try test.addVersion("one", to: repository)
            (directory, root) = (test.directory, test.blobs.root)
        }
        // Stands for a disk that is full or read-only, which a test cannot make.
        let path = "\(root)/catalog.sqlite"
        symlink("\(root)/nowhere/shm", "\(path)-shm")
        let catalog = try Catalog(opening: root)
        #expect(try catalog.versions(of: repository).map(\.digest) == [first])
        #expect(try catalog.replay().isEmpty)
        let tag = Change.tag(
            repository: repository,
            tag: try Tag(parsing: "t"),
            from: nil,
            to: first
        )
        let draft = LogEntryDraft(act: .tagMoved, actor: "a", time: 0, changes: [tag])
        let error = #expect(throws: CatalogError.self) {
            try catalog.append(draft) { "log of \($0.size)\n" }
        }
        #expect(error?.code == .unusable)
        #expect(error?.message.contains(path) == true)
        // Commits that are in the WAL alone must not be passed over.
        try directory.write([1], to: ".ingot/catalog.sqlite-wal")
        #expect(throws: CatalogError.self) { try Catalog(opening: root) }
    }

    @Test("two catalogs on one store take turns, and one of two racing moves of a tag fails")
    func twoWriters() async throws {
        let test = try TestCatalog()
        let repository = try RepositoryName(parsing: "data")
        let tag = try Tag(parsing: "best")
        let other = try Catalog(opening: test.blobs.root)
        let first = try test.addVersion("one", to: repository)
        let second = try test.addVersion("two", to: repository)
        try test.append([.tag(repository: repository, tag: tag, from: nil, to: first)])
        let root = test.blobs.root
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for catalog in [test.catalog, other] {
                group.addTask { @concurrent in
                    do {
                        _ = try catalog.append(
                            LogEntryDraft(
                                act: .tagMoved,
                                actor: "a",
                                time: 0,
                                changes: [
                                    .tag(
                                        repository: repository,
                                        tag: tag,
                                        from: first,
                                        to: second
                                    )
                                ]
                            )
                        ) { "log of \($0.size)\n" }
                        return true
                    } catch { return false }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 1)
        #expect(try test.catalog.logSize() == 4)
        #expect(try Files.read(root + "/log/checkpoint") == Array("log of 4\n".utf8))
        #expect(try test.catalog.replay().isEmpty)
    }

    @Test("the chunk index finds chunks, moves them to a newer pack and forgets packs")
    func chunkIndex() throws {
        let test = try TestCatalog()
        let store = Store(blobs: test.blobs, index: test.catalog.chunkIndex)
        let files = [FileSource(path: "a", content: .bytes(Array("hello".utf8)))]
        let version = try store.writeVersion(kind: .dataset, config: [:], files: files)
        let chunk = Digest.of("hello")
        let place = try #require(try store.index.locations(of: [chunk])[chunk])
        #expect(try store.index.packs() == [place.pack])
        #expect(try store.check(manifests: [version.manifestDigest]).isEmpty)
        // A pack whose chunks all moved to another one is nobody's any more.
        let elsewhere = try TestCatalog()
        let second = Store(blobs: elsewhere.blobs, index: elsewhere.catalog.chunkIndex)
        let both = files + [FileSource(path: "b", content: .bytes(Array("more".utf8)))]
        _ = try second.writeVersion(kind: .dataset, config: [:], files: both)
        let other = try #require(try second.index.packs().first)
        try store.index.add(try #require(try second.packDirectory(of: other)), of: other)
        #expect(try store.index.packs() == [other])
        #expect(try store.present([chunk]).isEmpty)
        #expect(try store.rebuildIndex() == 1)
        #expect(try store.index.packs() == [place.pack])
        #expect(try store.present([chunk]) == [chunk])
        try store.index.remove(packs: [place.pack])
        #expect(try store.index.locations(of: [chunk]).isEmpty)
        #expect(!(try store.check(manifests: [version.manifestDigest]).isEmpty))
        #expect(try store.rebuildIndex() == 1)
        #expect(try store.index.locations(of: [chunk])[chunk] == place)
        #expect(try store.check().isEmpty)
    }
}
