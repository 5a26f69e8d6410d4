// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotEvidence
import IngotFiles
import IngotStore
import Testing

@testable import IngotAudit

@Suite("Audit")
struct AuditTests {
    @Test("walks from an environment back to the raw data and finds nothing missing")
    func environment() throws {
        let life = try Life()
        try life.whole()
        let report = try life.audit.report(on: "production")
        #expect(report.faults.isEmpty, "\(report.faults)")
        #expect(report.gaps.isEmpty, "\(report.gaps)")
        #expect(
            report.lineage.nodes.map(\.name) == [
                "sections:v1", "prepared:v1", "base:v1", "catalogue:v1",
            ]
        )
        let text = report.text
        for answer in [
            "Audit of production", "runs          sections:v1 since",
            "put there by  Ada as release", "Raw data catalogue:v1", "Prepared data prepared:v1",
            "test = 200, train = 1024", "duplicate = 3", "Base model base:v1",
            "rank = 16, seed = 7", "kernelSet = portable",
            "candidate  exact_match  0.565  [0.495, 0.635]",
            "Verdict on sections:v1: passed", "0.495 against 0.275",
            "7 statements: all hold", "Nothing that is asked here is unknown",
        ] {
            #expect(text.contains(answer), "\(answer) in\n\(text)")
        }
        #expect(!text.contains("\u{1B}"))
        #expect(report.page.text(isStyled: true).contains("\u{1B}[1m"))
    }

    @Test("answers for a version, a digest, a tag and an image in the same words")
    func targets() throws {
        let life = try Life()
        try life.whole()
        let adapter = life.digest("sections")
        for text in ["sections:v1", "sections:production", "sections@\(adapter)", "\(adapter)"] {
            let report = try life.audit.report(on: text)
            #expect(report.subject == adapter)
            #expect(report.faults.isEmpty && report.gaps.isEmpty, "\(report.gaps)")
            #expect(
                report.text.contains("promoted  sections:production  sections:v1  by Ada")
                    || report.environment != nil
            )
        }
        let image = try life.audit.report(on: life.digest("image"), question: "image.tar")
        #expect(image.gaps.isEmpty && image.faults.isEmpty, "\(image.gaps) \(image.faults)")
        #expect(
            image.lineage.nodes.map(\.name).prefix(4) == [
                "image:v1", "server:v1", "base:v1", "sections:v1",
            ]
        )
        #expect(image.text.contains("Model server server:v1"))
    }

    @Test(
        "says what there is when there is nothing of that name",
        arguments: [
            "staging", "sections:v9", "sections:staging", "nothing:v1",
            "sha256:0000000000000000000000000000000000000000000000000000000000000000", "sections@x",
        ]
    )
    func unknown(text: String) throws {
        let life = try Life()
        try life.whole()
        #expect(throws: (any Error).self) { try life.audit.report(on: text) }
    }

    @Test("refuses an environment that nothing was promoted to")
    func emptyEnvironment() throws {
        let life = try Life()
        try life.setEnvironment()
        #expect(throws: AuditError.self) { try life.audit.report(on: "production") }
    }

    @Test("prints what nobody said as a gap")
    func gaps() throws {
        let life = try Life()
        try life.train()
        let report = try life.audit.report(on: "sections:v1")
        #expect(
            report.gaps == [
                "sections:v1: it was never evaluated",
                "sections:v1: no gate ever decided about it",
            ]
        )
        try Files.remove(life.blobs.path(of: life.digest("report")))
        try Files.remove(life.blobs.path(of: life.digest("metrics")))
        let text = try life.audit.report(on: "sections:v1").text
        #expect(text.contains("the quality report"))
        #expect(text.contains("the metrics of every step"))
    }

    @Test("does not ask where the data of an imported base are")
    func base() throws {
        let life = try Life()
        try life.train()
        let report = try life.audit.report(on: "base:v1")
        #expect(report.gaps.isEmpty && report.faults.isEmpty)
        #expect(report.text.contains("1 statement: all hold"))
        #expect(try life.audit.report(on: "catalogue:v1").gaps.isEmpty)
    }

    @Test("says that a version without an origin has none")
    func noOrigin() throws {
        let life = try Life()
        let digest = try life.store.writeVersion(
            kind: .adapter,
            config: [:],
            files: [
                FileSource(path: "file", content: .bytes([1]))
            ]
        ).manifestDigest
        _ = try life.ledger.append(
            act: .adapterTrained,
            role: .trainer,
            changes: [
                .version(
                    repository: RepositoryName(parsing: "smuggled"),
                    digest: digest,
                    kind: .adapter
                )
            ]
        )
        let report = try life.audit.report(on: "smuggled:v1")
        #expect(report.gaps.contains { $0.contains("no statement that holds says where it came") })
        #expect(report.gaps.contains { $0.contains("no raw data") })
    }

    @Test("does not believe a statement whose bytes were changed")
    func changed() throws {
        let life = try Life()
        try life.whole()
        let envelope = try #require(
            try life.catalog.statements(about: life.digest("prepared")).first?.envelope
        )
        var bytes = try Files.read(life.blobs.path(of: envelope))
        bytes[100] ^= 1
        try Files.replace(life.blobs.path(of: envelope), with: bytes)
        let report = try life.audit.report(on: "production")
        #expect(report.faults.count == 1)
        #expect(report.lineage.node(life.digest("catalogue")) == nil)
        #expect(report.text.contains("do not rely on this version"))
        #expect(report.text.contains("does not hold"))
    }

    @Test("finds a tag that moved without a statement, and one that stands on a failed verdict")
    func moves() throws {
        let life = try Life()
        try life.train()
        try life.evaluate()
        try life.setEnvironment()
        try life.decide(.failed)
        try life.promote()
        let failed = try life.audit.report(on: "production")
        #expect(failed.faults.count == 1)
        #expect(failed.faults[0].contains("none that passed"))
        let other = try Life()
        try other.train()
        try other.setEnvironment()
        _ = try other.ledger.append(
            act: .overridden,
            role: .approver,
            changes: [other.move(nil, other.digest("sections"))]
        )
        let silent = try other.audit.report(on: "production")
        #expect(silent.faults.contains { $0.contains("no statement that holds vouches for it") })
        #expect(silent.text.contains("nobody who may have"))
    }

    @Test("shows a rollback with its reason, and who did it")
    func rollback() throws {
        let life = try Life()
        try life.whole()
        let first = life.digest("sections")
        try life.add(
            "sections",
            .adapter,
            "another adapter",
            act: .adapterTrained,
            predicate: .trained(
                TrainedFacts(
                    recipe: life.resource("recipe"),
                    base: life.resource("base"),
                    dataset: life.resource("prepared"),
                    hyperparameters: ["seed": "8"],
                    internalParameters: [:],
                    program: ResourceRef(name: "ingot", digest: Digest.of("program")),
                    metrics: life.digest("metrics"),
                    context: life.context("run-2")
                )
            )
        )
        let second = life.digest("sections")
        try life.decide(.passed)
        try life.promote("sections", from: first)
        let facts = RolledBackFacts(
            repository: "sections",
            environment: "production",
            environmentDigest: life.environmentDigest,
            from: second,
            to: first,
            reason: "answers in \u{1B}[31mLatin"
        )
        try life.ledger.record(
            .rolledBack(facts),
            act: .rolledBack,
            subject: Statement.Subject(name: "sections", digest: first),
            changes: [life.move(second, first)]
        )
        let report = try life.audit.report(on: "production")
        #expect(report.faults.isEmpty, "\(report.faults)")
        #expect(report.subject == first)
        let text = report.text
        #expect(text.contains("rolledBack  sections:v1  by Ada as controller"))
        #expect(text.contains("answers in \\u{1b}[31mLatin"))
        #expect(text.contains("promoted    sections:v2"))
    }

    @Test("finds an image that holds another base than its adapter was trained on")
    func otherBase() throws {
        let life = try Life()
        try life.train()
        try life.evaluate()
        try life.decide(.passed)
        try life.add(
            "other",
            .checkpoint,
            "other weights",
            act: .baseImported,
            predicate: .baseImported(
                BaseImportedFacts(
                    repository: "other",
                    format: "gguf",
                    file: ResourceRef(name: "x", digest: Digest.of("x"))
                )
            )
        )
        try life.buildImage(base: "other")
        let report = try life.audit.report(on: "image:v1")
        #expect(report.faults.count == 1)
        #expect(report.faults.first?.contains("another base") == true)
        #expect(report.gaps.contains { $0.contains("nobody said where") })
    }

    @Test("writes the same JSON for the same question, readable back")
    func json() throws {
        let life = try Life()
        try life.whole()
        let report = try life.audit.report(on: "production")
        let text = report.json.canonicalText
        #expect(try JSONValue(parsing: text) == report.json)
        #expect(try life.audit.report(on: "production").json.canonicalText == text)
        #expect(
            report.json["answers"]?["training"]?.array?.first?["hyperparameters"]
                == ["rank": "16", "seed": "7"]
        )
        #expect(report.json["environment"]?["moves"]?.array?.count == 1)
        #expect(report.json["answers"]?["verdicts"]?.array?.first?["result"] == "passed")
    }

    @Test("ends when statements name one another in a circle")
    func circle() throws {
        let digests = (0..<3).map { Digest.of("\($0)") }
        let lineage = Lineage(of: digests[0]) { digest in
            let next = digests[((digests.firstIndex(of: digest) ?? 0) + 1) % 3]
            let facts = ImageBuiltFacts(
                repository: "x",
                inputs: [ResourceRef(name: "base", digest: next)],
                evidence: [],
                platform: "",
                version: ""
            )
            return LineageNode(
                digest: digest,
                names: [],
                kind: nil,
                statements: [
                    AuditStatement(
                        act: nil,
                        predicateType: "",
                        role: "",
                        keyID: nil,
                        owner: nil,
                        time: Timestamp(seconds: 0),
                        logIndex: 0,
                        envelope: digest,
                        facts: .imageBuilt(facts),
                        predicate: nil,
                        fault: nil,
                        proof: .ownLog
                    )
                ],
                gaps: []
            )
        }
        #expect(lineage.nodes.count == 3)
    }
}
