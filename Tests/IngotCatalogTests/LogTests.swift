// SPDX-License-Identifier: Apache-2.0

import GRDB
import IngotCore
import IngotCrypto
import IngotFiles
import IngotStore
import Testing

@testable import IngotCatalog

@Suite struct LogTests {
    let test: TestCatalog
    let repository: RepositoryName

    init() throws {
        test = try TestCatalog()
        repository = try RepositoryName(parsing: "data")
    }

    private func grow(to size: Int) throws {
        for number in try test.catalog.logSize()..<size {
            _ = try test.addVersion("\(number)", to: repository)
        }
    }

    @Test(
        "every entry has an inclusion proof in every later tree, and every size a consistency proof"
    )
    func proofs() throws {
        var roots = [MerkleHash.sha256.empty]
        var logged: [LoggedEntry] = []
        for number in 0..<20 {
            let change = Change.version(
                repository: repository,
                digest: Digest.of("\(number)"),
                kind: .dataset
            )
            logged.append(try test.append([change]))
            roots.append(try test.catalog.treeHead().root)
        }
        let hash = MerkleHash.sha256
        for entry in logged {
            #expect(roots[entry.head.size] == entry.head.root)
            let leaf = hash.leaf(entry.entry.canonicalBytes)
            for size in entry.head.size...20 {
                let proof = try test.catalog.inclusionProof(of: entry.index, size: size)
                #expect(
                    hash.verifies(
                        inclusionOf: leaf,
                        at: entry.index,
                        in: size,
                        proof: proof,
                        root: roots[size]
                    )
                )
                let old = entry.head.size
                let consistency = try test.catalog.consistencyProof(from: old, to: size)
                #expect(
                    hash.verifies(
                        consistencyFrom: (old, roots[old]),
                        to: (size, roots[size]),
                        proof: consistency
                    )
                )
            }
        }
        #expect(throws: CatalogError.self) { try test.catalog.inclusionProof(of: 0, size: 21) }
        #expect(throws: CatalogError.self) { try test.catalog.logEntry(20) }
    }

    @Test("an entry's text is canonical JSON that parses back to the same changes")
    func entryText() throws {
        let digest = Digest.of("x")
        let changes: [Change] = [
            .version(repository: repository, digest: digest, kind: .adapter),
            .tag(
                repository: repository,
                tag: try Tag(parsing: "best"),
                from: nil,
                to: digest
            ),
            .statement(
                subject: digest,
                envelope: digest,
                referrer: digest,
                predicateType: "https://p",
                role: "trainer"
            ),
            .environment(
                name: "production",
                definition: ["repository": "data", "gates": ["accuracy", "approval"]]
            ),
            .key(role: "trainer", keyID: "k1", pem: "PEM\n", detail: ["algorithm": "ecdsa"]),
            .keyRevoked(keyID: "k1", reason: "lost"),
        ]
        let logged = try test.append(changes)
        let bytes = try test.catalog.logEntryBytes(0)
        #expect(bytes == logged.entry.canonicalBytes)
        let entry = try LogEntry(parsing: bytes)
        #expect(entry == logged.entry)
        #expect(logged.versionNumber == 1)
        #expect(JSONValue.object(["a": 1]) == ["a": 1])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix(#"{"act":"datasetAdded","actor":"tester","changes":[{"digest":"#))
        #expect(try test.catalog.replay().isEmpty)
    }

    @Test(
        "refuses an entry that is not canonical, complete or known",
        arguments: [
            #"{}"#, #"[]"#, "",
            #"{"act":"none","actor":"a","changes":[],"schemaVersion":1,"time":0}"#,
            #"{"act":"merged","actor":"a","changes":[],"schemaVersion":2,"time":0}"#,
            #"{"act":"merged","actor":"a","changes":[],"schemaVersion":1,"time":0,"x":1}"#,
            #"{"act":"merged","actor":"a","changes":[{"type":"x"}],"schemaVersion":1,"time":0}"#,
            #"{"actor":"a","act":"merged","changes":[],"schemaVersion":1,"time":0}"#,
            #"{"act":"merged","actor":"a","changes":[],"schemaVersion":1,"time":0.5}"#,
        ]
    )
    func badEntry(text: String) {
        #expect(throws: CatalogError.self) { try LogEntry(parsing: Array(text.utf8)) }
    }

    @Test("refuses an entry of more than 65,535 bytes")
    func largeEntry() throws {
        let change = { (count: Int) in
            Change.key(
                role: "r",
                keyID: "k",
                pem: String(repeating: "x", count: count),
                detail: .null
            )
        }
        let empty = LogEntry(
            act: .datasetAdded,
            actor: "tester",
            time: 1_700_000_000,
            changes: [change(0)]
        )
        let room = LogEntry.byteLimit - empty.canonicalBytes.count
        #expect(throws: CatalogError.self) { try test.append([change(room + 1)]) }
        try test.append([change(room)])
        #expect(try test.catalog.logEntryBytes(0).count == LogEntry.byteLimit)
    }

    @Test("writes C2SP tiles and the signed head, also across the edge of a tile")
    func tiles() throws {
        // Most of it in one transaction, as if by earlier appends; then across the edge.
        try test.catalog.write { db in
            for index in 0..<254 { _ = try LogQueries.append([0, UInt8(index)], at: index, db) }
        }
        try grow(to: 260)
        let log = test.catalog.layout.log
        #expect(try Files.read(log + "/checkpoint") == Array("log of 260\n".utf8))
        let full = try Files.read(log + "/tile/0/000")
        #expect(full.count == 256 * 32)
        let leaf = MerkleHash.sha256.leaf(try test.catalog.logEntryBytes(255))
        #expect(full.suffix(32) == leaf.bytes[...])
        #expect(try Files.read(log + "/tile/0/001.p/4").count == 4 * 32)
        #expect(try Files.read(log + "/tile/1/000.p/1").count == 32)
        #expect(try Files.names(in: log + "/tile/0") == ["000", "001.p"])
        #expect(try Files.names(in: log + "/tile/entries") == ["000", "001.p"])
        let bundle = try Files.read(log + "/tile/entries/001.p/4")
        let first = try test.catalog.logEntryBytes(256)
        #expect(bundle.prefix(2) == [UInt8(first.count >> 8), UInt8(first.count & 255)])
        #expect(bundle.dropFirst(2).prefix(first.count) == first[...])
        #expect(LogFiles.name(of: 1_234_067) == "x001/x234/067")
        #expect(LogFiles.name(of: 5) == "005")
    }

    @Test("opening completes projections that a crash left behind")
    func completed() throws {
        try grow(to: 3)
        let layout = test.catalog.layout
        let index = try Files.read(layout.index)
        try Files.remove(layout.log)
        try Files.remove(layout.index)
        _ = try Catalog(opening: layout.root)
        #expect(try Files.read(layout.log + "/checkpoint") == Array("log of 3\n".utf8))
        #expect(try Files.read(layout.index) == index)
        #expect(try Files.read(layout.log + "/tile/0/000.p/3").count == 96)
    }

    @Test("index.json names each version whose manifest is there, and each tag")
    func indexFile() throws {
        let digest = try test.blobs.put(Array("manifest".utf8))
        try test.append([
            .version(repository: repository, digest: digest, kind: .dataset),
            .tag(repository: repository, tag: try Tag(parsing: "best"), from: nil, to: digest),
            .version(repository: repository, digest: Digest.of("absent"), kind: .dataset),
        ])
        let index = try JSONValue(parsing: try Files.read(test.catalog.layout.index))
        let names = index["manifests"]?.array?.compactMap {
            $0["annotations"]?["org.opencontainers.image.ref.name"]?.string
        }
        #expect(names == ["data:best", "data:v1"])
        #expect(index["manifests"]?.array?.first?["size"] == 8)
    }

    @Test(
        "replaying the log finds every change that was made behind its back",
        arguments: [
            "UPDATE version SET kind = 'adapter' WHERE number = 2",
            "DELETE FROM version WHERE number = 3",
            "UPDATE tagMove SET movedAt = 5",
            "UPDATE tagMove SET digest = (SELECT digest FROM version WHERE number = 2)",
            "UPDATE statement SET role = 'approver'",
            "UPDATE environmentChange SET definition = '{}'",
            "UPDATE signingKey SET revokedIndex = NULL, revokedReason = NULL",
            "UPDATE logNode SET hash = zeroblob(32) WHERE level = 1",
            "DELETE FROM logNode WHERE level = 0 AND idx = 1",
            "UPDATE logHead SET root = zeroblob(32) WHERE size = 2",
            "DELETE FROM logHead WHERE size = (SELECT max(size) FROM logHead)",
            "UPDATE logEntry SET text = replace(text, 'tester', 'attack') WHERE idx = 1",
            "DELETE FROM logEntry WHERE idx = 1",
        ]
    )
    func replay(sql: String) throws {
        try grow(to: 3)
        let digest = Digest.of("0")
        try test.append([
            .tag(repository: repository, tag: try Tag(parsing: "best"), from: nil, to: digest),
            .statement(
                subject: digest,
                envelope: digest,
                referrer: digest,
                predicateType: "p",
                role: "trainer"
            ),
            .environment(name: "production", definition: ["repository": "data"]),
            .key(role: "trainer", keyID: "k", pem: "p", detail: .null),
            .keyRevoked(keyID: "k", reason: "lost"),
        ])
        #expect(try test.catalog.replay().isEmpty)
        try test.catalog.database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            try db.execute(
                sql: sql.replacing(
                    "replace(text",
                    with: "CAST(replace(CAST(text AS TEXT)"
                ).replacing("'attack')", with: "'attack') AS BLOB)")
            )
        }
        #expect(!(try test.catalog.replay().isEmpty))
    }
}
