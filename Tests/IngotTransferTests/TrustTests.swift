// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotFiles
import IngotRemote
import IngotStore
import IngotTestSupport
import Testing

@testable import IngotTransfer

@Suite("Trust between stores") struct TrustTests {
    private let source: Site
    private let target: Site
    private let version: VersionRecord

    init() async throws {
        source = try Site(storeID: "ab12")
        target = try Site(storeID: "cd34")
        version = try source.add([.bytes("file", [1])], kind: .checkpoint)
        let remote = MemoryRemote()
        try await source.push(version, to: remote)
        let pulled = try await target.pull(version.digest, from: remote)
        let named = try target.name(pulled, 1)
        #expect(named.untrusted == 1)
    }

    @Test("what was pulled holds once the other store's keys count, and the log says since when")
    func trust() throws {
        #expect(try !target.ledger.verify(version.digest).isValid)
        let theirs = try source.ledger.ownKeys()
        let size = try target.catalog.logSize()
        let added = try target.ledger.trust(theirs, roles: [.publisher, .trainer], owner: "Bob")
        #expect(added.map(\.role) == [.publisher, .trainer])
        let trusting = try target.reopened()
        let report = try trusting.verify(version.digest)
        #expect(report.isValid, "\(report)")
        #expect(try trusting.keys.trust.owner(ofKey: added[0].keyID) == "Bob")
        #expect(try target.catalog.logSize() == size + 1)
        let entry = try LogEntry(parsing: target.catalog.logEntryBytes(size))
        #expect(entry.act == .keyAdded)
        #expect(try entry.actor == target.ledger.keys.trust.keys(for: .admin).first?.keyID)
        #expect(try trusting.verifyLog().isValid)
        // Again, it changes nothing.
        #expect(try trusting.trust(theirs, roles: [.publisher, .trainer]).isEmpty)
        #expect(try target.catalog.logSize() == size + 1)
        // Their keys are not passed on.
        #expect(try trusting.ownKeys() == target.ledger.ownKeys())
    }

    @Test("a pull that could not be recorded is refused before it begins, others are not")
    func withoutKeys() throws {
        let new = try source.add([.bytes("file", [2])])
        try target.ledger.checkKeys(forPulling: new.digest, into: Site.repository)
        try Files.remove(KeyRing.path(of: .publisher, in: "\(target.place.path)/keys"))
        let error = #expect(throws: EvidenceError.self) {
            try target.ledger.checkKeys(forPulling: new.digest, into: Site.repository)
        }
        #expect(error?.message.contains("signs as publisher is not here") == true)
        try target.ledger.checkKeys(forPulling: version.digest, into: Site.repository)
    }

    @Test("what is new about a version that has a name is left unrecorded without keys, and said")
    func known() async throws {
        try source.evaluate(version, outputs: version.digest)
        let remote = MemoryRemote()
        try await source.push(version, to: remote)
        let path = KeyRing.path(of: .publisher, in: "\(target.place.path)/keys")
        let key = try Files.read(path)
        try Files.remove(path)
        let pulled = try await target.pull(version.digest, from: remote)
        let before = try target.holdings()
        let record = {
            try target.reopened().record(
                pulled: pulled,
                in: Site.repository,
                number: 1,
                tag: Tag(parsing: "latest")
            )
        }
        let named = try record()
        #expect(named.number == 1)
        let unrecorded = try #require(named.unrecorded)
        #expect(unrecorded.hasPrefix("new statements: 1, the tag 'latest' came"))
        #expect(unrecorded.contains("signs as publisher is not here"))
        #expect(try target.holdings() == before)
        // With the key the next pull does the rest.
        try Files.replace(path, with: key)
        #expect(unsafe chmod(path, 0o600) == 0)
        #expect(try record().unrecorded == nil)
        #expect(try target.catalog.statements(about: version.digest).count == 2)
        #expect(try target.catalog.tag(Tag(parsing: "latest"), of: Site.repository) != nil)
    }

    @Test("keys that several let count at the same time count once, and nobody fails")
    func atOnce() async throws {
        let theirs = try source.ledger.ownKeys()
        let sets: [Set<Role>] = [
            [.publisher, .log], [.trainer, .publisher], [.gate, .trainer, .log],
            [.publisher, .trainer, .gate, .log],
        ]
        let before = try target.catalog.keys().count
        let ledger = target.ledger
        var added: [TrustedKey] = []
        try await withThrowingTaskGroup(of: [TrustedKey].self) { group in
            for roles in sets + sets {
                group.addTask { try ledger.trust(theirs, roles: roles) }
            }
            for try await keys in group { added += keys }
        }
        #expect(Set(added.map(\.role)) == [.publisher, .trainer, .gate, .log])
        #expect(added.count == 4)
        #expect(try target.catalog.keys().count == before + 4)
        let trusting = try target.reopened()
        #expect(try trusting.keys.trust.logs.count == 1)
        #expect(try trusting.verify(version.digest).isValid)
        #expect(try trusting.verifyLog().isValid)
    }

    @Test("a model signature may be by a trainer, which its kind alone does not tell")
    func trainer() async throws {
        let written = try source.store.writeVersion(
            kind: .checkpoint,
            config: [:],
            files: [.bytes("weights", [7])]
        )
        let input = ResourceRef(name: "base", uri: "base:v1", digest: version.digest)
        let facts = MergedFacts(
            base: input,
            adapter: input,
            parameters: [:],
            internalParameters: [:],
            program: input,
            context: Site.context
        )
        let files = try source.store.readTree(of: written.manifestDigest).map {
            ModelSignature.File(path: $0.path, digest: $0.digest)
        }
        try source.ledger.record(
            .merged(facts),
            act: .merged,
            subject: Statement.Subject(name: "rows", digest: written.manifestDigest),
            changes: [
                .version(
                    repository: Site.repository,
                    number: nil,
                    digest: written.manifestDigest,
                    kind: .checkpoint
                )
            ],
            files: files
        )
        let remote = MemoryRemote()
        try await source.push(source.record(written.manifestDigest), to: remote)
        let pulled = try await target.pull(written.manifestDigest, from: remote)
        let named = try target.name(pulled, 2)
        #expect(named.untrusted == 2)
        _ = try target.ledger.trust(source.ledger.ownKeys(), roles: [.trainer])
        let report = try target.reopened().verify(written.manifestDigest)
        #expect(report.isValid, "\(report)")
        #expect(report.findings.map(\.role) == ["trainer", "trainer"])
    }

    @Test("what is interrupted after the log entry is finished by doing it again")
    func interrupted() throws {
        let theirs = try source.ledger.ownKeys()
        let before = try target.ledger.keys.trust.json.prettyText
        _ = try target.ledger.trust(theirs, roles: [.publisher])
        try target.place.write(before, to: "keys/trust.json")
        #expect(try !target.reopened().verify(version.digest).isValid)
        #expect(try target.reopened().trust(theirs, roles: [.publisher]).count == 1)
        #expect(try target.reopened().verify(version.digest).isValid)
    }

    @Test("a key of another role, a role without a key and the store's own keys are refused")
    func refused() throws {
        let theirs = try source.ledger.ownKeys()
        _ = try target.ledger.trust(theirs, roles: [.gate])
        #expect(try !target.reopened().verify(version.digest).isValid)
        let gate = try #require(theirs.keys(for: .gate).first)
        let wrong = TrustFile(
            storeID: "ef56",
            log: theirs.log,
            entries: [TrustFile.Entry(role: .approver, owner: "Eve", key: gate)]
        )
        let size = try target.catalog.logSize()
        for (file, role) in [(wrong, Role.approver), (wrong, .trainer)] {
            #expect(throws: EvidenceError.self) {
                try target.ledger.trust(file, roles: [role])
            }
        }
        #expect(throws: EvidenceError.self) {
            try target.ledger.trust(target.ledger.ownKeys(), roles: [.publisher])
        }
        #expect(try target.catalog.logSize() == size)
    }
}
