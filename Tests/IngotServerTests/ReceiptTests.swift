// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import Testing

@testable import IngotServer

@Suite("Receipts that are served") struct ReceiptTests {
    @Test("a statement of the store comes with its receipt, in its repository, the same each time")
    func served() async throws {
        let registry = try await TestRegistry.start()
        let version = try registry.add("file", [1], to: "rows")
        let key = try registry.ledger.keys.trust.log
        let before = try await receipts(of: version, registry)
        #expect(before.count == 1)
        for receipt in before {
            #expect(try receipt.check(by: [key]).isTrusted)
            let envelopes = try registry.catalog.statements(about: version).map(\.envelope)
            #expect(receipt.envelopes(about: version) == Set(envelopes))
        }
        _ = try registry.add("file", [2], to: "other")
        #expect(try await receipts(of: version, registry) == before)
        let proof = Digest.of(before[0].blobs[1])
        #expect(try await registry.ask("GET", "/v2/rows/blobs/\(proof)").status == 200)
        #expect(try await registry.ask("GET", "/v2/other/blobs/\(proof)").status == 404)
        try await registry.end()
    }

    @Test("a version in two repositories: the receipts of neither tell of the other")
    func twoRepositories() async throws {
        let registry = try await TestRegistry.start()
        let version = try registry.add("file", [1], to: "rows")
        #expect(try registry.add("file", [1], to: "secret") == version)
        let first = try await receipts(of: version, registry)
        #expect(first.map(\.entry.repositories) == [["rows"]])
        let second = try await receipts(of: version, in: "secret", registry)
        #expect(second.map(\.entry.repositories) == [["secret"]])
        try await registry.end()
    }

    private func receipts(
        of version: Digest,
        in repository: String = "rows",
        _ registry: TestRegistry
    ) async throws -> [Receipt] {
        let type = MediaType.receipt.text
        let path = "/v2/\(repository)/referrers/\(version)?artifactType=\(type)"
        let answer = try JSONValue(parsing: await registry.ask("GET", path).body)
        var receipts: [Receipt] = []
        for digest in (answer["manifests"]?.array ?? []).compactMap({ $0["digest"]?.string }) {
            let path = "/v2/\(repository)/manifests/\(digest)"
            let bytes = try await registry.ask("GET", path).body
            let layers = try Receipt.layers(of: bytes, about: version)
            #expect(layers.count == 2)
            for layer in layers {
                let path = "/v2/\(repository)/blobs/\(layer.digest)"
                #expect(try await registry.ask("GET", path).body.count == layer.byteCount)
            }
            receipts.append(
                try Receipt(
                    Digest(parsing: digest),
                    about: version,
                    in: registry.store.blobs
                )
            )
        }
        return receipts
    }
}
