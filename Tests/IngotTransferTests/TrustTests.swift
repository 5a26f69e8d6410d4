// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotEvidence
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
        let named = try target.ledger.record(
            pulled: pulled,
            in: Site.repository,
            number: 1,
            tag: nil
        )
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
        #expect(report.isValid, "\(report.allFaults)")
        #expect(trusting.keys.trust.owner(ofKey: added[0].key.keyID) == "Bob")
        #expect(try target.catalog.logSize() == size + 1)
        let entry = try LogEntry(parsing: target.catalog.logEntryBytes(size))
        #expect(entry.act == .keyAdded)
        #expect(entry.actor == target.ledger.keys.trust.keys(for: .admin).first?.keyID)
        #expect(try trusting.verifyLog().isValid)
        // Again, it changes nothing.
        #expect(try trusting.trust(theirs, roles: [.publisher, .trainer]).isEmpty)
        #expect(try target.catalog.logSize() == size + 1)
        // Their keys are not passed on.
        #expect(try trusting.ownKeys() == target.ledger.ownKeys())
    }

    @Test("what is interrupted after the log entry is finished by doing it again")
    func interrupted() throws {
        let theirs = try source.ledger.ownKeys()
        let before = target.ledger.keys.trust.json.prettyText
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
