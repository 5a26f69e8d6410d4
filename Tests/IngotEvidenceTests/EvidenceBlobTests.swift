// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotStore
import Testing

@testable import IngotEvidence

@Suite("Evidence blobs")
struct EvidenceBlobTests {
    @Test("each kind names what only the store can show, and no version")
    func named() {
        let found = Samples.all.map { Set($0.evidence) }
        let names: [[String]] = [
            [], [], [], [], [], ["report", "recipe"], ["metrics", "recipe"], [], ["outputs"],
            ["gate", "production"], ["gate", "production"], ["gate", "production"],
            ["environment"], ["environment"], ["environment"], ["recipe"], [], [],
        ]
        #expect(found == names.map { Set($0.map(Samples.digest)) })
    }

    @Test("an environment's definition is evidence, and so is the gate that it names")
    func environment() throws {
        let test = try TestStore()
        let gate = try test.blobs.put(Array("rules".utf8))
        let definition: JSONValue = ["repository": "raw", "gate": .string(gate.description)]
        try test.ledger.setEnvironment(name: "production", definition: definition)
        #expect(
            try test.ledger.evidence() == [gate, Digest.of(definition.canonicalBytes)]
        )
    }

    @Test("garbage collection keeps what an evaluation's index names, until its version is removed")
    func collection() throws {
        let test = try TestStore()
        let (digest, _) = try test.addDataset("raw", "rows")
        let outputs = try test.blobs.put(Array("outputs".utf8))
        let index: JSONValue = ["candidate": ["outputs": .string(outputs.description)]]
        let statement = EvaluatedFacts(
            candidate: Samples.resource("candidate"),
            baselines: [],
            dataset: Samples.resource("dataset"),
            split: Samples.resource("test"),
            exampleCount: 1,
            metrics: [],
            outputs: try test.blobs.put(index.canonicalBytes),
            form: "unmerged",
            kernelSet: "portable",
            parameters: [:],
            program: Samples.resource("program"),
            context: Samples.context
        )
        try test.ledger.record(
            .evaluated(statement),
            act: .evaluated,
            subject: test.subject("raw", digest)
        )
        var reachable = Reachable(in: test.store)
        try test.ledger.markRoots(&reachable)
        #expect(reachable.blobs.isSuperset(of: [outputs, statement.outputs]))
        #expect(try test.ledger.evidence() == [outputs, statement.outputs])
        _ = try test.ledger.append(
            act: .removed,
            role: .publisher,
            changes: [.versionRemoved(repository: RepositoryName(parsing: "raw"), digest: digest)]
        )
        #expect(try test.ledger.evidence().isEmpty)
    }
}
