// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotCrypto
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotEvidence

@Suite("Key ring and trust file")
struct KeyRingTests {
    @Test("makes a private key for every role, and trusts each for its role alone")
    func create() throws {
        let place = try TemporaryDirectory()
        let made = try KeyRing.create(at: "\(place.path)/keys", storeID: "ab12", owner: "Ada")
        let ring = KeyRing(at: "\(place.path)/keys")
        #expect(try ring.trust == made.trust)
        for role in Role.allCases where role != .log {
            let key = try ring.signingKey(role).publicKey
            #expect(try ring.trust.keys(for: role) == [key])
            #expect(try ring.trust.owner(ofKey: key.keyID) == "Ada")
        }
        #expect(try ring.logSigner().verifier == ring.trust.log)
        #expect(try ring.trust.log.name == "ingot.dev/log/ab12")
        for role in Role.allCases {
            var status = stat()
            #expect(unsafe stat(KeyRing.path(of: role, in: ring.directory), &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("refuses to replace keys, and finishes a directory that was left unfinished")
    func again() throws {
        let place = try TemporaryDirectory()
        let made = try KeyRing.create(at: place.path, storeID: "ab12", owner: "Ada")
        #expect(throws: EvidenceError.self) {
            try KeyRing.create(at: place.path, storeID: "ab12", owner: "Ada")
        }
        try Files.remove("\(place.path)/trust.json")
        try Files.remove("\(place.path)/gate.pem")
        let finished = try KeyRing.create(at: place.path, storeID: "ab12", owner: "Ada")
        #expect(try finished.trust.keys(for: .trainer) == made.trust.keys(for: .trainer))
        #expect(try finished.trust.keys(for: .gate) != made.trust.keys(for: .gate))
    }

    @Test("makes keys for an empty log alone: no others can vouch for what was signed")
    func prepare() throws {
        let place = try TemporaryDirectory()
        let directory = "\(place.path)/keys"
        let prepare = { size in
            try KeyRing.prepare(at: directory, storeID: "ab12", owner: "Ada", logSize: size)
        }
        let error = #expect(throws: EvidenceError.self) { try prepare(1) }
        #expect(error?.message.contains("bring them from where the store was made") == true)
        #expect(try Files.entry(at: directory) == nil)
        let made = try prepare(0)
        #expect(try prepare(1).trust == made.trust)
        try Files.replace("\(directory)/trust.json", with: Array("{".utf8))
        let damaged = #expect(throws: EvidenceError.self) { try prepare(1) }
        #expect(damaged?.message.contains("\(directory)/trust.json") == true)
    }

    @Test("keys that are added at the same time are all there afterwards")
    func added() async throws {
        let place = try TemporaryDirectory()
        let ring = try KeyRing.create(at: place.path, storeID: "ab12", owner: "Ada")
        let entries = try (0..<16).map {
            TrustFile.Entry(
                role: .trainer,
                owner: "\($0)",
                key: try SigningKey.generate().publicKey
            )
        }
        try await withThrowingTaskGroup { group in
            for entry in entries {
                group.addTask { try #expect(ring.add([entry], logs: []).entries == [entry]) }
            }
            try await group.waitForAll()
        }
        let trust = try KeyRing(at: place.path).trust
        let before = try ring.trust.entries
        #expect(Set(trust.entries) == Set(before + entries))
        #expect(try ring.add(entries, logs: []).entries.isEmpty)
    }

    @Test("finds the store's name in the heads of its log")
    func storeID() {
        #expect(KeyRing.storeID(ofHead: "ingot.dev/log/ab12\n3\nroot\n") == "ab12")
        #expect(KeyRing.storeID(ofHead: "example.org/log\n3\nroot\n") == nil)
    }

    @Test("refuses a key that others may read, a link, and a key that is not trusted")
    func loose() throws {
        let place = try TemporaryDirectory()
        let ring = try KeyRing.create(at: place.path, storeID: "ab12", owner: "Ada")
        let path = KeyRing.path(of: .trainer, in: place.path)
        #expect(unsafe chmod(path, 0o640) == 0)
        let error = #expect(throws: EvidenceError.self) { try ring.signingKey(.trainer) }
        #expect(error?.message.contains("chmod 600") == true)
        let gate = KeyRing.path(of: .gate, in: place.path)
        try Files.remove(gate)
        #expect(unsafe symlink(KeyRing.path(of: .admin, in: place.path), gate) == 0)
        #expect(throws: EvidenceError.self) { try ring.signingKey(.gate) }
        let release = KeyRing.path(of: .release, in: place.path)
        try Files.replace(release, with: Array(SigningKey.generate().privatePEM().utf8))
        #expect(unsafe chmod(release, 0o600) == 0)
        #expect(throws: EvidenceError.self) { try ring.signingKey(.release) }
        try Files.replace(release, with: Array("-----BEGIN PRIVATE KEY-----\nx\n".utf8))
        #expect(unsafe chmod(release, 0o600) == 0)
        let damaged = #expect(throws: EvidenceError.self) { try ring.signingKey(.release) }
        #expect(damaged?.message.contains("\(release): not an unencrypted private key") == true)
        #expect(damaged?.message.contains("from a copy of the keys") == true)
        try Files.remove(release)
        #expect(throws: EvidenceError.self) { try ring.signingKey(.release) }
    }

    @Test("says where the keys of a store should be once one is needed")
    func missing() throws {
        let ring = KeyRing(at: "/nowhere/keys")
        let error = #expect(throws: EvidenceError.self) { try ring.trust }
        #expect(error?.message.contains("/nowhere/keys: this store's keys are not here") == true)
        let signing = #expect(throws: EvidenceError.self) { try ring.signingKey(.gate) }
        #expect(signing?.message.contains("/nowhere/keys/gate.pem") == true)
        #expect(signing?.message.contains("signs as gate") == true)
        let logging = #expect(throws: EvidenceError.self) { try ring.logSigner() }
        #expect(logging?.message.contains("signs as log") == true)
    }

    @Test("refuses another log key than the trust file's: its heads would not hold")
    func otherLogKey() throws {
        let place = try TemporaryDirectory()
        let ring = try KeyRing.create(at: place.path, storeID: "ab12", owner: "Ada")
        let path = KeyRing.path(of: .log, in: place.path)
        try Files.replace(path, with: Array(Ed25519SigningKey.generate().privatePEM().utf8))
        #expect(unsafe chmod(path, 0o600) == 0)
        let error = #expect(throws: EvidenceError.self) { try ring.logSigner() }
        #expect(error?.message.contains("\(path): it is not the log's key") == true)
    }

    @Test("the trust file alone is enough to verify, and not to sign")
    func trustAlone() throws {
        let test = try TestStore()
        let (version, _) = try test.addDataset("rows", "one")
        for role in Role.allCases {
            try Files.remove(KeyRing.path(of: role, in: "\(test.place.path)/keys"))
        }
        let reader = try TestStore(reopening: test.place)
        #expect(try reader.ledger.verify(version).isValid)
        #expect(try reader.ledger.verifyLog().isValid)
        #expect(throws: EvidenceError.self) { try reader.addDataset("rows", "two") }
        // Without it nothing is called right or wrong.
        try Files.remove("\(test.place.path)/keys/trust.json")
        let stranger = try TestStore(reopening: test.place)
        for judge in [
            { _ = try stranger.ledger.verify(version) }, { _ = try stranger.ledger.verifyLog() },
        ] {
            let error = #expect(throws: EvidenceError.self) { try judge() }
            #expect(error?.message.contains("signatures cannot be judged") == true)
        }
    }

    @Test("refuses a trust file with a wrong role, id, key, version or member")
    func trustFile() throws {
        let trust = try Keys().trust
        let text = trust.json.canonicalText
        #expect(try TrustFile(parsing: Array(text.utf8)) == trust)
        let changes = [
            ("\"role\":\"gate\"", "\"role\":\"boss\""), ("\"role\":\"gate\"", "\"role\":\"log\""),
            ("\"version\":1", "\"version\":2"), ("\"store\"", "\"stores\""),
            ("-----BEGIN PUBLIC KEY-----", "-----BEGIN KEY-----"),
            ("\"owner\":\"Ada\"", "\"owner\":1"), ("ingot.dev/log/0123+", "ingot.dev/log/0124+"),
            ("\"id\":\"", "\"id\":\"0"),
        ]
        for (old, new) in changes {
            let parts = text.split(separator: old, maxSplits: 1)
            #expect(parts.count == 2)
            let changed = parts.joined(separator: new)
            #expect(throws: EvidenceError.self, "\(new)") {
                try TrustFile(parsing: Array(changed.utf8))
            }
        }
    }
}
