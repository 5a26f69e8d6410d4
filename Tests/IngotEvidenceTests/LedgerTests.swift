// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotFiles
import IngotStore
import Testing

@testable import IngotEvidence

@Suite("Ledger")
struct LedgerTests {
    @Test("records a version with its statement, and proves it")
    func record() throws {
        let test = try TestStore()
        let (digest, recorded) = try test.addDataset("raw", "rows")
        #expect(recorded.logIndex == 1)
        #expect(recorded.versionNumber == 1)
        #expect(try test.catalog.resolve(Reference(parsing: "raw:v1")) == digest)
        let report = try test.ledger.verify(digest)
        #expect(report.isValid)
        #expect(report.findings.map(\.verified?.role) == [.publisher])
        #expect(report.findings.map(\.time) == [TestStore.time])
        #expect(try test.ledger.proofs(about: digest).values.map { $0 } == [.ownLog])
        #expect(try test.ledger.verifyLog(heldHeads: [recorded.head]).isValid)
    }

    @Test("a statement that somebody recorded during a check holds as well")
    func recordedMeanwhile() throws {
        let test = try TestStore()
        _ = try test.addDataset("raw", "rows")
        let check = try StatementCheck(ledger: test.ledger)
        let (digest, _) = try test.addDataset("later", "other rows")
        let report = try check.report(on: digest)
        #expect(report.findings.count == 1)
        #expect(report.isValid, "\(report.allFaults)")
    }

    @Test("attaches the statement to its subject as an OCI referrer")
    func referrer() throws {
        let test = try TestStore()
        let (digest, recorded) = try test.addDataset("raw", "rows")
        let record = try #require(try test.catalog.statements(about: digest).first)
        let manifest = try Manifest(parsing: test.blobs.read(record.referrer))
        #expect(manifest.subject?.digest == digest)
        #expect(manifest.subject?.byteCount == (try test.blobs.byteCount(of: digest)))
        #expect(manifest.artifactType == .sigstoreBundle)
        #expect(manifest.layers.map(\.digest) == [try #require(recorded.statement)])
        #expect(try test.blobs.read(manifest.config.digest) == Array("{}".utf8))
    }

    @Test("signs a model's files beside its statement, and refuses files that are not its own")
    func modelSignature() throws {
        let test = try TestStore()
        let record: (String, [ModelSignature.File]) throws -> Digest = { name, files in
            let digest = try test.write(.checkpoint, name)
            let facts = BaseImportedFacts(
                repository: name,
                format: "gguf",
                file: ResourceRef(name: "file.txt", digest: Digest.of(name))
            )
            try test.ledger.record(
                .baseImported(facts),
                act: .baseImported,
                subject: test.subject(name, digest),
                changes: [
                    .version(
                        repository: RepositoryName(parsing: name),
                        digest: digest,
                        kind: .checkpoint
                    )
                ],
                files: files
            )
            return digest
        }
        let own = try record(
            "own",
            [ModelSignature.File(path: "file.txt", digest: Digest.of("own"))]
        )
        let report = try test.ledger.verify(own)
        #expect(report.isValid, "\(report.allFaults)")
        #expect(report.findings.map(\.verified?.kind) == [.baseImported, .modelSignature])
        let other = try record(
            "other",
            [ModelSignature.File(path: "file.txt", digest: Digest.of("own"))]
        )
        #expect(try test.ledger.verify(other).findings.map { $0.fault == nil } == [true, false])
    }

    @Test("says that nobody vouches for a version without a statement")
    func silence() throws {
        let test = try TestStore()
        let digest = try test.write(.dataset, "rows")
        let report = try test.ledger.verify(digest)
        #expect(!report.isValid)
        #expect(report.allFaults.count == 1)
    }

    @Test("names the statement whose blob was changed")
    func changedBlob() throws {
        let test = try TestStore()
        let (digest, recorded) = try test.addDataset("raw", "rows")
        let path = test.blobs.path(of: try #require(recorded.statement))
        var bytes = try Files.read(path)
        bytes[bytes.count / 2] ^= 1
        try Files.replace(path, with: bytes)
        let report = try test.ledger.verify(digest)
        #expect(!report.isValid)
        #expect(report.allFaults.first?.contains("log entry 1") == true)
    }

    @Test("refuses a statement about one version that the log names for another")
    func borrowed() throws {
        let test = try TestStore()
        let (digest, _) = try test.addDataset("raw", "rows")
        let record = try #require(try test.catalog.statements(about: digest).first)
        let other = try test.write(.dataset, "other rows")
        _ = try test.ledger.append(
            act: .datasetAdded,
            role: .publisher,
            changes: [
                .version(
                    repository: RepositoryName(parsing: "raw"),
                    digest: other,
                    kind: .dataset
                ),
                .statement(
                    subject: other,
                    envelope: record.envelope,
                    referrer: record.referrer,
                    predicateType: record.predicateType,
                    role: record.role
                ),
            ]
        )
        let report = try test.ledger.verify(other)
        #expect(report.allFaults.first?.contains("not about \(other)") == true)
    }

    @Test("refuses what a key signed after it was revoked, not what it signed before")
    func revoked() throws {
        let test = try TestStore()
        let (before, _) = try test.addDataset("raw", "rows")
        let key = try test.ledger.keys.signingKey(.publisher).publicKey.keyID
        _ = try test.ledger.append(
            act: .keyRevoked,
            role: .admin,
            changes: [.keyRevoked(keyID: key, reason: "laptop stolen")]
        )
        let (after, _) = try test.addDataset("raw", "more rows")
        #expect(try test.ledger.verify(before).isValid)
        let faults = try test.ledger.verify(after).allFaults
        #expect(faults.count == 1)
        #expect(faults.first?.contains("laptop stolen") == true)
    }

    @Test("refuses a role that must not say it, and a subject that the store does not hold")
    func refusal() throws {
        let test = try TestStore()
        let digest = try test.write(.dataset, "rows")
        let size = try test.catalog.logSize()
        #expect(throws: EvidenceError.self) {
            try test.ledger.record(
                act: .promoted,
                role: .evaluator,
                subject: test.subject("x", digest),
                predicateType: PredicateKind.promoted.type,
                predicate: [:],
                changes: []
            )
        }
        #expect(throws: StoreError.self) {
            try test.ledger.record(
                Samples.all[0],
                act: .datasetAdded,
                subject: test.subject("x", Samples.digest("nothing"))
            )
        }
        #expect(try test.catalog.logSize() == size)
    }

    @Test("records nothing when the state forbids the change")
    func conflict() throws {
        let test = try TestStore()
        let (digest, _) = try test.addDataset("raw", "rows")
        let size = try test.catalog.logSize()
        #expect(throws: CatalogError.self) { try test.addDataset("raw", "rows") }
        #expect(try test.catalog.logSize() == size)
        #expect(try test.catalog.statements(about: digest).count == 1)
    }

    @Test("defines an environment with a statement about its definition")
    func environment() throws {
        let test = try TestStore()
        let definition: JSONValue = ["repository": "sections", "gate": "sha256:00"]
        try test.ledger.setEnvironment(name: "production", definition: definition)
        #expect(try test.catalog.environment(named: "production").definition == definition)
        let report = try test.ledger.verify(Digest.of(definition.canonicalBytes))
        #expect(report.isValid, "\(report.allFaults)")
        #expect(report.findings.first?.verified?.role == .admin)
    }

    @Test("finds a head that this log does not continue, and one that is longer")
    func heldHeads() throws {
        let test = try TestStore()
        let other = try TestStore()
        let (_, recorded) = try test.addDataset("raw", "rows")
        try test.addDataset("raw", "more rows")
        let signer = try test.ledger.keys.logSigner()
        let text: (Int, String) -> String = {
            LogHead(origin: "ingot.dev/log/ab12", size: $0, root: Digest.of($1)).text
        }
        let forked = try signer.sign(text(2, "another history")).description
        let longer = try signer.sign(text(9, "the future")).description
        let foreign = try #require(try other.catalog.signedHead())
        #expect(try test.ledger.verifyLog(heldHeads: [recorded.head]).isValid)
        let report = try test.ledger.verifyLog(heldHeads: [forked, longer, foreign])
        #expect(report.faults.count == 3)
        #expect(report.faults.contains { $0.contains("rewritten") })
        #expect(report.faults.contains { $0.contains("shrank") })
        #expect(report.faults.contains { $0.contains("not signed by the log key") })
        #expect(report.headCount == 3)
    }
}
