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
        let ring = try KeyRing(opening: "\(place.path)/keys")
        #expect(ring.trust == made.trust)
        for role in Role.allCases where role != .log {
            let key = try ring.signingKey(role).publicKey
            #expect(ring.trust.keys(for: role) == [key])
            #expect(ring.trust.owner(ofKey: key.keyID) == "Ada")
        }
        #expect(try ring.logSigner().verifier == ring.trust.log)
        #expect(ring.trust.log.name == "ingot.dev/log/ab12")
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
        #expect(finished.trust.keys(for: .trainer) == made.trust.keys(for: .trainer))
        #expect(finished.trust.keys(for: .gate) != made.trust.keys(for: .gate))
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
        try Files.remove(release)
        #expect(throws: EvidenceError.self) { try ring.signingKey(.release) }
    }

    @Test("says where the keys of a store should be")
    func missing() {
        let error = #expect(throws: EvidenceError.self) { try KeyRing(opening: "/nowhere/keys") }
        #expect(error?.message.contains("/nowhere/keys") == true)
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
