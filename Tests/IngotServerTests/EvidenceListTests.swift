// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotStore
import Testing

@testable import IngotServer

@Suite("Evidence that is served") struct EvidenceListTests {
    @Test("what a statement of the store rests on is served in its repository, while it is there")
    func served() async throws {
        let registry = try await TestRegistry.start()
        let version = try registry.add("file", [1], to: "rows")
        #expect(try await lists(of: version, registry).isEmpty)
        let recipe = try registry.store.blobs.put(Array("recipe".utf8))
        let metrics = try registry.store.blobs.put(Array("metrics".utf8))
        let facts = try registry.train(version, recipe: recipe, metrics: metrics)
        try registry.ledger.record(
            .trained(facts),
            act: .adapterTrained,
            subject: Statement.Subject(name: "rows", digest: version)
        )
        let found = try await lists(of: version, registry)
        #expect(found.map { Set($0.blobs.map(\.digest)) } == [[recipe, metrics]])
        let path = "blobs/\(metrics)"
        #expect(try await registry.ask("GET", "/v2/rows/\(path)").body == Array("metrics".utf8))
        #expect(try await registry.ask("GET", "/v2/other/\(path)").status == 404)
        unlink(registry.store.blobs.path(of: metrics))
        let rest = try await lists(of: version, registry)
        #expect(rest.map { $0.blobs.map(\.digest) } == [[recipe]])
        try await registry.end()
    }

    @Test("a stranger's statement that was pulled gives no blob away by naming it")
    func stranger() async throws {
        let registry = try await TestRegistry.start()
        let version = try registry.add("file", [1], to: "rows")
        let secret = try registry.store.blobs.put(Array("secret".utf8))
        let facts = try registry.train(version, recipe: secret, metrics: secret)
        let bundle = try Bundle(
            signing: Statement(
                subject: Statement.Subject(name: "rows", digest: version),
                predicate: .trained(facts)
            ),
            with: SigningKey.generate()
        ).canonicalBytes
        let referrer = Referrer.manifest(
            of: bundle,
            predicateType: PredicateKind.provenance.type,
            subject: Descriptor(
                mediaType: .imageManifest,
                digest: version,
                byteCount: try registry.store.blobs.byteCount(of: version)
            )
        ).canonicalBytes
        for blob in [bundle, referrer, EmptyConfig.bytes] { _ = try registry.store.blobs.put(blob) }
        let change = Change.statement(
            subject: version,
            envelope: Digest.of(bundle),
            referrer: Digest.of(referrer),
            predicateType: PredicateKind.provenance.type,
            role: Role.trainer.rawValue
        )
        _ = try registry.ledger.append(act: .pulled, role: .publisher, changes: [change])
        #expect(try registry.catalog.statements(about: version).count == 2)
        #expect(try await lists(of: version, registry).isEmpty)
        #expect(try await registry.ask("GET", "/v2/rows/blobs/\(secret)").status == 404)
        try await registry.end()
    }

    private func lists(of version: Digest, _ registry: TestRegistry) async throws -> [EvidenceList]
    {
        let type = MediaType.evidenceBlobs.text
        let path = "/v2/rows/referrers/\(version)?artifactType=\(type)"
        let answer = try JSONValue(parsing: await registry.ask("GET", path).body)
        var lists: [EvidenceList] = []
        for digest in (answer["manifests"]?.array ?? []).compactMap({ $0["digest"]?.string }) {
            let bytes = try await registry.ask("GET", "/v2/rows/manifests/\(digest)").body
            lists.append(try EvidenceList(parsing: bytes, of: version))
        }
        return lists
    }
}

extension TestRegistry {
    fileprivate func train(
        _ version: Digest,
        recipe: Digest,
        metrics: Digest
    ) throws -> TrainedFacts {
        let input = ResourceRef(name: "rows", digest: version)
        return TrainedFacts(
            recipe: ResourceRef(name: "recipe", digest: recipe),
            base: input,
            dataset: input,
            hyperparameters: [:],
            internalParameters: [:],
            program: input,
            metrics: metrics,
            context: BuildContext(
                version: "1",
                execution: Execution(
                    runID: "01J0Z3",
                    started: Timestamp(seconds: 1),
                    finished: Timestamp(seconds: 2)
                )
            )
        )
    }
}
