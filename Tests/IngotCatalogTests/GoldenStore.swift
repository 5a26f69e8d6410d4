// SPDX-License-Identifier: Apache-2.0

import GRDB
import IngotCore
import IngotCrypto
import IngotFiles
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotCatalog

/// A store as an earlier program wrote it, kept in `registry/golden/` for every later one to open.
///
/// `INGOT_WRITE_GOLDEN=1 ops/test unit` writes those that are not there; one that exists is never
/// made again.
struct GoldenStore {
    /// The catalog's schema that it was written with.
    enum Format: String, CaseIterable, CustomTestStringConvertible {
        case v1, v2, v3

        var testDescription: String { rawValue }

        /// In the checkout that this file is compiled from.
        var path: String {
            let parts = #filePath.split(separator: "/").dropLast(3)
            return "/" + parts.joined(separator: "/") + "/registry/golden/\(rawValue)"
        }
    }

    let store: Store
    let catalog: Catalog

    init(opening root: String) throws {
        catalog = try Catalog(opening: root)
        store = Store(blobs: try BlobStore(opening: root), index: catalog.chunkIndex)
    }

    init(making format: Format, at root: String) throws {
        let blobs = try BlobStore.create(at: root)
        catalog = try Catalog.create(at: root)
        store = Store(blobs: blobs, index: catalog.chunkIndex)
        switch format {
        case .v1: try fillV1()
        case .v2: try fillV2()
        case .v3:
            try fillV2()
            try fillV3()
        }
    }

    /// What must be there because the catalog names it, checked with everything else: empty.
    func damage() throws -> [Damage] {
        let versions = try catalog.repositories().flatMap {
            try catalog.versions(of: $0).map(\.digest)
        }
        let statements = try catalog.statements().flatMap { [$0.envelope, $0.referrer] }
        return try store.check(manifests: versions, blobs: statements)
    }

    func append(_ act: Act, _ changes: [Change]) throws {
        let time = try 1_767_225_600 + Int64(catalog.logSize())
        let draft = LogEntryDraft(act: act, actor: "k1", time: time, changes: changes)
        _ = try catalog.append(draft, sign: Self.note)
    }

    private static let origin = "ingot.example/log1"

    /// A signed note by the Ed25519 key whose seed is 00 01 … 1f, by the rules of c2sp.org/signed-
    /// note.
    private static func note(_ head: TreeHead) throws -> String {
        let key = try Ed25519SigningKey(seed: Array(0..<32))
        let body = "\(origin)\n\(head.size)\n\(Base64.encode(head.root.bytes))\n"
        let identity = Array("\(origin)\n".utf8) + [1] + (try publicBytes(key))
        let signature = Digest.of(identity).bytes.prefix(4) + (try key.sign(Array(body.utf8)))
        return "\(body)\n— \(origin) \(Base64.encode(signature))\n"
    }

    private static func publicBytes(_ key: Ed25519SigningKey) throws -> [UInt8] {
        key.publicKey.bytes
    }

    /// Copies a store, because opening one writes to it.
    static func copy(_ source: String, to target: String) throws {
        try Files.makeDirectories(target)
        for name in try Files.names(in: source) {
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            switch try Files.entry(at: from) {
            case .directory: try copy(from, to: to)
            default: try Files.replace(to, with: try Files.read(from))
            }
        }
    }

    /// Writes the store as a golden one.
    func write(to path: String) throws {
        try #require(try Files.entry(at: path) == nil)
        let root = store.blobs.root
        for name in ["blobs", "log"] { try Self.copy("\(root)/\(name)", to: "\(path)/\(name)") }
        for name in ["oci-layout", "index.json"] {
            try Files.replace("\(path)/\(name)", with: try Files.read("\(root)/\(name)"))
        }
        // Small pages: every table has one at least, and most of them are all but empty.
        try catalog.database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA page_size = 1024")
            try db.execute(sql: "VACUUM INTO ?", arguments: ["\(path)/catalog.sqlite"])
        }
    }
}
