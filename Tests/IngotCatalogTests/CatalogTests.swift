// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotFiles
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotCatalog

/// A store with a catalog, in a directory of its own.
struct TestCatalog {
    let directory: TemporaryDirectory
    let blobs: BlobStore
    let catalog: Catalog

    init() throws {
        directory = try TemporaryDirectory()
        blobs = try BlobStore.create(at: directory.path + "/.ingot")
        catalog = try Catalog.create(at: blobs.root)
    }

    /// Appends with a note that only names the head.
    @discardableResult
    func append(
        _ changes: [Change],
        act: Act = .datasetAdded,
        time: Int64 = 1_700_000_000
    ) throws -> LoggedEntry {
        try catalog.append(
            LogEntryDraft(act: act, actor: "tester", time: time, changes: changes)
        ) { "log of \($0.size)\n" }
    }

    func addVersion(_ text: String, to repository: RepositoryName) throws -> Digest {
        let digest = Digest.of(text)
        try append([.version(repository: repository, digest: digest, kind: .dataset)])
        return digest
    }
}

@Suite struct CatalogTests {
    let test: TestCatalog
    let repository: RepositoryName

    init() throws {
        test = try TestCatalog()
        repository = try RepositoryName(parsing: "team/data")
    }

    @Test("numbers versions as they come and resolves them by tag and digest")
    func versions() throws {
        let first = try test.addVersion("one", to: repository)
        let second = try test.addVersion("two", to: repository)
        let records = try test.catalog.versions(of: repository)
        #expect(records.map(\.number) == [1, 2])
        #expect(records.map(\.digest) == [first, second])
        #expect(try test.catalog.resolve(Reference(parsing: "team/data:v2")) == second)
        #expect(try test.catalog.resolve(Reference(parsing: "team/data@\(first)")) == first)
        #expect(try test.catalog.repositories() == [repository])
        #expect(try test.catalog.logEntry(1).changes.count == 1)
    }

    @Test("says what there is where a reference names nothing")
    func unresolved() throws {
        _ = try test.addVersion("one", to: repository)
        for text in ["team/data:v2", "team/data:latest", "team/dota:v1"] {
            let error = #expect(throws: CatalogError.self) {
                try test.catalog.resolve(Reference(parsing: text))
            }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains(text) == true)
        }
    }

    @Test("moves a tag only from where it is, and counts its moves")
    func tags() throws {
        let first = try test.addVersion("one", to: repository)
        let second = try test.addVersion("two", to: repository)
        let tag = try Tag(parsing: "best")
        let move = { (from: Digest?, to: Digest) throws in
            try test.append(
                [.tag(repository: repository, tag: tag, from: from, to: to)],
                act: .tagMoved
            )
        }
        _ = try move(nil, first)
        _ = try move(first, second)
        let error = #expect(throws: CatalogError.self) { try move(first, second) }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("team/data:best: it names v2") == true)
        #expect(throws: CatalogError.self) { try move(nil, first) }
        #expect(throws: CatalogError.self) { try move(second, Digest.of("unknown")) }
        let history = try test.catalog.tagHistory(repository, tag)
        #expect(history.map(\.digest) == [first, second])
        #expect(history.map(\.counter) == [1, 2])
        #expect(try test.catalog.resolve(Reference(parsing: "team/data:best")) == second)
        #expect(try test.catalog.tags(of: repository).map(\.counter) == [2])
        #expect(try test.catalog.logSize() == 4)
    }

    @Test("a refused change leaves neither entry nor change nor head")
    func atomic() throws {
        let first = try test.addVersion("one", to: repository)
        #expect(throws: CatalogError.self) {
            try test.append([
                .version(repository: repository, digest: Digest.of("two"), kind: .dataset),
                .tag(
                    repository: repository,
                    tag: try Tag(parsing: "best"),
                    from: first,
                    to: first
                ),
            ])
        }
        struct NoKey: Error {}
        #expect(throws: NoKey.self) {
            try test.catalog.append(
                LogEntryDraft(
                    act: .datasetAdded,
                    actor: "a",
                    time: 0,
                    changes: [
                        .version(
                            repository: repository,
                            digest: Digest.of("two"),
                            kind: .dataset
                        )
                    ]
                )
            ) { _ in throw NoKey() }
        }
        #expect(try test.catalog.logSize() == 1)
        #expect(try test.catalog.versions(of: repository).count == 1)
        #expect(try test.catalog.signedHead() == "log of 1\n")
    }
}
