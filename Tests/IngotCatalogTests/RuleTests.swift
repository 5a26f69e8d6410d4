// SPDX-License-Identifier: Apache-2.0

import GRDB
import IngotCore
import IngotCrypto
import IngotStore
import Testing

@testable import IngotCatalog

@Suite struct RuleTests {
    let test: TestCatalog
    let repository: RepositoryName
    let first: Digest
    let second: Digest

    init() throws {
        test = try TestCatalog()
        repository = try RepositoryName(parsing: "data")
        first = try test.addVersion("one", to: repository)
        second = try test.addVersion("two", to: repository)
    }

    private func move(_ tag: String, from: Digest?, to: Digest, by act: Act = .tagMoved) throws {
        try test.append(
            [.tag(repository: repository, tag: try Tag(parsing: tag), from: from, to: to)],
            act: act
        )
    }

    private func code(_ body: () throws -> Void) -> CatalogError.Code? {
        #expect(throws: CatalogError.self, performing: body)?.code
    }

    @Test("refuses to add the same content twice to one repository, and says where it is")
    func sameVersion() throws {
        let error = #expect(throws: CatalogError.self) {
            try test.addVersion("one", to: repository)
        }
        #expect(error?.code == .conflict)
        #expect(error?.message == "data: this content is already there as v1")
        let other = try RepositoryName(parsing: "other")
        _ = try test.addVersion("one", to: other)
        #expect(try test.catalog.versions(with: first).map(\.repository) == [repository, other])
    }

    @Test("a version from elsewhere keeps its number; the next one follows the highest")
    func numbers() throws {
        let add = { (text: String, number: Int?) throws in
            try test.append([
                .version(
                    repository: repository,
                    number: number,
                    digest: Digest.of(text),
                    kind: .dataset
                )
            ])
        }
        try add("seven", 7)
        try add("eight", nil)
        try add("four", 4)
        #expect(code { try add("other", 7) } == .conflict)
        #expect(code { try add("other", 0) } == .conflict)
        #expect(try test.catalog.versions(of: repository).map(\.number) == [1, 2, 4, 7, 8])
        #expect(try test.catalog.replay().isEmpty)
    }

    @Test("a removed version is gone, keeps its number for itself, and comes back as it was")
    func removal() throws {
        let remove = { try test.append([.versionRemoved(repository: repository, digest: second)]) }
        try move("latest", from: nil, to: second)
        #expect(code { try remove() } == .refused)
        try test.append([
            .tag(repository: repository, tag: try Tag(parsing: "latest"), from: second, to: nil)
        ])
        #expect(try test.catalog.tag(Tag(parsing: "latest"), of: repository) == nil)
        #expect(try test.catalog.tags(of: repository).isEmpty)
        try remove()
        #expect(try test.catalog.versions(of: repository).map(\.number) == [1])
        #expect(code { try remove() } == .notFound)
        #expect(code { try move("latest", from: nil, to: second) } == .notFound)
        _ = try test.addVersion("three", to: repository)
        _ = try test.addVersion("two", to: repository)
        #expect(try test.catalog.versions(of: repository).map(\.number) == [1, 2, 3])
        try move("latest", from: nil, to: second)
        let history = try test.catalog.tagHistory(repository, Tag(parsing: "latest"))
        #expect(history.map(\.counter) == [1, 3])
        #expect(try test.catalog.replay().isEmpty)
    }

    @Test("what an environment ran is never removed")
    func deployedVersion() throws {
        try test.append(
            [.environment(name: "production", definition: ["repository": "data"])],
            act: .environmentSet
        )
        try move("production", from: nil, to: first, by: .promoted)
        try move("production", from: first, to: second, by: .promoted)
        #expect(
            code { try test.append([.versionRemoved(repository: repository, digest: first)]) }
                == .refused
        )
    }

    @Test("version tags never move")
    func versionTags() {
        #expect(code { try move("v1", from: first, to: second) } == .refused)
        #expect(code { try move("v9", from: nil, to: second) } == .refused)
    }

    @Test("an environment's tag moves only by promotion, rollback and override")
    func environmentTags() throws {
        try test.append(
            [.environment(name: "production", definition: ["repository": "data"])],
            act: .environmentSet
        )
        #expect(code { try move("production", from: nil, to: first) } == .refused)
        try move("production", from: nil, to: first, by: .promoted)
        try move("production", from: first, to: second, by: .overridden)
        try move("production", from: second, to: first, by: .rolledBack)
        #expect(code { try move("production", from: first, to: second) } == .refused)
        let history = try test.catalog.tagHistory(repository, Tag(parsing: "production"))
        #expect(history.map(\.act) == [.promoted, .overridden, .rolledBack])
        try move("staging", from: nil, to: first)
        #expect(
            code {
                try test.append([.environment(name: "staging", definition: ["repository": "data"])])
            } == .refused
        )
    }

    @Test(
        "keeps each definition of an environment and finds it by its bare name where that is clear"
    )
    func environments() throws {
        let set = { (repository: String, gate: String) throws in
            try test.append([
                .environment(
                    name: "production",
                    definition: ["repository": .string(repository), "gate": .string(gate)]
                )
            ])
        }
        _ = try set("data", "a")
        _ = try set("data", "b")
        let environment = try test.catalog.environment(named: "production")
        #expect(environment.counter == 2)
        #expect(environment.definition["gate"] == "b")
        _ = try set("other", "c")
        #expect(code { _ = try test.catalog.environment(named: "production") } == .refused)
        #expect(try test.catalog.environment(named: "other:production").definition["gate"] == "c")
        #expect(code { _ = try test.catalog.environment(named: "nowhere") } == .notFound)
        #expect(code { try test.append([.environment(name: "x", definition: [:])]) } == .refused)
        #expect(
            code {
                try test.append([.environment(name: "v1", definition: ["repository": "data"])])
            } == .refused
        )
    }

    @Test("a key is added once and revoked once")
    func keys() throws {
        let key = Change.key(role: "trainer", keyID: "k", pem: "PEM", detail: ["host": "h"])
        try test.append([key], act: .keyAdded)
        #expect(code { try test.append([key]) } == .conflict)
        try test.append([.keyRevoked(keyID: "k", reason: "lost")], act: .keyRevoked)
        #expect(code { try test.append([.keyRevoked(keyID: "k", reason: "x")]) } == .notFound)
        let record = try #require(try test.catalog.keys().first)
        #expect(record.revocation?.reason == "lost")
        #expect(record.detail == ["host": "h"])
    }

    @Test("an entry without changes is refused")
    func noChanges() {
        #expect(code { try test.append([]) } == .refused)
    }

    @Test("a counter that does not come next is refused")
    func wrongCounter() throws {
        let tag = Change.tag(
            repository: repository,
            tag: try Tag(parsing: "t"),
            from: nil,
            to: first,
            counter: 2
        )
        #expect(code { try test.append([tag]) } == .conflict)
    }

    @Test("statements are found by their subject, in the order of the log")
    func statements() throws {
        for role in ["trainer", "evaluator"] {
            try test.append([
                .statement(
                    subject: first,
                    envelope: Digest.of(role),
                    referrer: Digest.of("r" + role),
                    predicateType: "p",
                    role: role
                )
            ])
        }
        #expect(try test.catalog.statements(about: first).map(\.role) == ["trainer", "evaluator"])
        #expect(try test.catalog.statements(about: second).isEmpty)
        #expect(try test.catalog.statements().map(\.logIndex) == [2, 3])
    }

    @Test("a run whose process went away without a word is interrupted")
    func interruptedRun() throws {
        var lock: RunLock? = try test.catalog.beginRun(name: "train", startedAt: 10)
        let id = try #require(lock?.run)
        #expect(try test.catalog.run(id).state == .running)
        lock = nil
        #expect(try test.catalog.run(id).state == .interrupted)
        #expect(try test.catalog.runs().map(\.state) == [.interrupted])
    }

    @Test("runs keep their parameters, metrics and end")
    func runs() throws {
        let lock = try test.catalog.beginRun(
            name: "train",
            recipe: first,
            parameters: ["rank": 16],
            startedAt: 10
        )
        defer { withExtendedLifetime(lock) {} }
        let id = lock.run
        try test.catalog.append(metrics: ["loss": 2.5, "rate": 0.001], step: 1, to: id)
        try test.catalog.append(metrics: ["loss": 2.25], step: 2, to: id)
        try test.catalog.append(metrics: ["loss": .nan], step: 3, to: id)
        try test.catalog.append(metrics: ["loss": 2.125], step: 2, to: id)
        #expect(try test.catalog.run(id).state == .running)
        try test.catalog.finish(id, state: .succeeded, outputs: ["adapter": "x"], at: 20)
        #expect(throws: CatalogError.self) {
            try test.catalog.finish(id, state: .failed, at: 21)
        }
        let run = try test.catalog.run(RunID(parsing: "r1"))
        #expect(run.parameters == ["rank": 16])
        #expect(run.recipe == first)
        #expect(run.finishedAt == 20)
        let metrics = try test.catalog.metrics(of: id)
        #expect(metrics.map(\.name) == ["loss", "loss", "loss", "rate"])
        #expect(metrics[1].value == 2.125)
        #expect(metrics[2].value.isNaN)
        #expect(throws: CatalogError.self) { try test.catalog.run(RunID(number: 7)) }
        #expect(throws: CatalogError.self) { try RunID(parsing: "seven") }
        #expect(throws: CatalogError.self) {
            try test.catalog.append(metrics: ["loss": 1], step: 0, to: RunID(number: 7))
        }
    }

    @Test("remembers a step's result by its key")
    func stepCache() throws {
        #expect(try test.catalog.cachedStep(key: first) == nil)
        try test.catalog.rememberStep(key: first, result: ["version": 3])
        try test.catalog.rememberStep(key: first, result: ["version": 4])
        #expect(try test.catalog.cachedStep(key: first) == ["version": 4])
    }
}
