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

    @Test("of more evidence than travels the first is served, and the rest is said")
    func tooMuch() async throws {
        let registry = try await TestRegistry.start()
        let version = try registry.add("file", [1], to: "rows")
        let batch = registry.store.blobs.batch()
        let outputs = try (0..<EvidenceList.blobLimit).map { try batch.add(Array("\($0)".utf8)) }
        let document: JSONValue = [
            "baselines": .array(outputs.map { ["outputs": .string($0.description)] })
        ]
        let index = try batch.add(document.canonicalBytes)
        try batch.commit()
        try registry.evaluate(version, outputs: index)
        let answer = try await registry.ask("GET", "/v2/rows/referrers/\(version)")
        #expect(answer.status == 200)
        #expect(answer.headers.first(name: "Warning")?.contains("rest on 3001 blobs") == true)
        let found = try await lists(of: version, registry)
        let first = (outputs + [index]).sorted().prefix(EvidenceList.blobLimit)
        #expect(found.map { $0.blobs.map(\.digest) } == [Array(first)])
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
    fileprivate func evaluate(_ version: Digest, outputs: Digest) throws {
        let input = ResourceRef(name: "rows", digest: version)
        let facts = EvaluatedFacts(
            candidate: input,
            baselines: [],
            dataset: input,
            split: input,
            exampleCount: 1,
            metrics: [],
            outputs: outputs,
            form: "unmerged",
            kernelSet: "portable",
            parameters: [:],
            program: input,
            context: Self.context
        )
        try ledger.record(
            .evaluated(facts),
            act: .evaluated,
            subject: Statement.Subject(name: "rows", digest: version)
        )
    }

    private static let context = BuildContext(
        version: "1",
        execution: Execution(
            runID: "01J0Z3",
            started: Timestamp(seconds: 1),
            finished: Timestamp(seconds: 2)
        )
    )

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
            context: Self.context
        )
    }
}
