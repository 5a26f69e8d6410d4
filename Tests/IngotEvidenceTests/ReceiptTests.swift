// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import IngotCore
import IngotCrypto
import IngotStore
import Testing

@testable import IngotEvidence

@Suite("Receipt")
struct ReceiptTests {
    private let test: TestStore
    private let version: Digest
    private let envelope: Digest
    private let receipt: Receipt
    private let key: NoteVerifier

    init() throws {
        test = try TestStore()
        let (digest, recorded) = try test.addDataset("raw", "rows")
        version = digest
        envelope = try #require(recorded.statement)
        receipt = try test.ledger.receipt(ofEntry: recorded.logIndex)
        key = try test.ledger.keys.trust.log
    }

    @Test("proves what its entry says, and is the same whenever it is made")
    func proves() throws {
        let checked = try receipt.check(by: [key])
        #expect(checked.isTrusted)
        #expect(checked.head.size == 2)
        #expect(receipt.envelopes(about: version) == [envelope])
        #expect(receipt.envelopes(about: envelope).isEmpty)
        try test.addDataset("raw", "more rows")
        let raw = try RepositoryName(parsing: "raw")
        #expect(try test.ledger.receipts(about: version, in: raw) == [receipt])
        #expect(try test.ledger.receipt(ofEntry: 2) != receipt)
        #expect(try test.ledger.check(receipt) == checked)
    }

    @Test("reads back from its file, of which no byte can be changed")
    func file() throws {
        let bytes = Array(receipt.file.utf8)
        #expect(try Receipt(parsing: bytes) == receipt)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            // The name of another log is one that nobody knows.
            #expect(throws: EvidenceError.self, "byte \(index)") {
                let checked = try Receipt(parsing: changed).check(by: [key])
                if !checked.isTrusted { throw EvidenceError("not trusted") }
            }
        }
        let proofAlone = Array(receipt.proof.text.utf8)
        for wrong in [proofAlone, [], Array(repeating: 0x20, count: Receipt.byteLimit + 1)] {
            #expect(throws: EvidenceError.self) { try Receipt(parsing: wrong) }
        }
    }

    @Test("a log whose key is not known is said, a forged head is refused")
    func otherKeys() throws {
        let other = try NoteSigner(name: "other", key: .generate())
        #expect(try !receipt.check(by: []).isTrusted)
        #expect(try !receipt.check(by: [other.verifier]).isTrusted)
        let forger = try NoteSigner(name: key.name, key: .generate())
        let head = try #require(LogHead(parsing: SignedNote(parsing: receipt.proof.head).text))
        let forged = try Receipt(
            entryBytes: receipt.entryBytes,
            proof: InclusionProof(
                index: receipt.proof.index,
                proof: receipt.proof.proof,
                head: forger.sign(head.text).description
            )
        )
        #expect(throws: EvidenceError.self) { try forged.check(by: [key]) }
        let signature = SignedNote.Signature(name: "x", bytes: [1, 2, 3, 4, 5])
        let text = head.text.replacing(key.name, with: "\u{9B}2J")
        let disguised = try Receipt(
            entryBytes: receipt.entryBytes,
            proof: InclusionProof(
                index: receipt.proof.index,
                proof: receipt.proof.proof,
                head: SignedNote(text: text, signatures: [signature]).description
            )
        )
        #expect(throws: EvidenceError.self) { try disguised.check(by: []) }
        // A log may have had several keys.
        #expect(try forged.check(by: [key, forger.verifier]).isTrusted)
        #expect(try receipt.check(by: [key, forger.verifier]).isTrusted)
    }

    @Test("an entry with the proof of another proves nothing, whichever keys count")
    func otherEntry() throws {
        let first = try test.ledger.receipt(ofEntry: 0)
        let mixed = try Receipt(entryBytes: first.entryBytes, proof: receipt.proof)
        for keys in [[], [key]] {
            #expect(throws: EvidenceError.self) { try mixed.check(by: keys) }
        }
        let long = Array(repeating: UInt8(ascii: " "), count: LogEntry.byteLimit + 1)
        for wrong in [[], Array("{}".utf8), long] {
            #expect(throws: EvidenceError.self) {
                try Receipt(entryBytes: wrong, proof: receipt.proof)
            }
        }
    }

    @Test("the same entry under a later head is no other receipt")
    func laterHead() throws {
        try test.addDataset("raw", "more rows")
        let later = try InclusionProof(
            index: receipt.proof.index,
            proof: test.catalog.inclusionProof(of: receipt.proof.index, size: 3),
            head: test.catalog.signedHead(ofSize: 3) ?? ""
        )
        // It proves the entry, as a proof.
        try later.verify(leafHash: MerkleHash.sha256.leaf(receipt.entryBytes), with: key)
        let error = #expect(throws: EvidenceError.self) {
            try Receipt(entryBytes: receipt.entryBytes, proof: later)
        }
        #expect(error?.message.contains("entry 1 under the head of 3 entries") == true)
    }

    @Test("an entry that this log's key signed and this log lacks: history was rewritten")
    func rewritten() throws {
        let entry = try TestStore().catalog.logEntryBytes(0)
        let head = LogHead(origin: key.name, size: 1, root: MerkleHash.sha256.leaf(entry))
        let other = try Receipt(
            entryBytes: entry,
            proof: InclusionProof(
                index: 0,
                proof: [],
                head: test.ledger.keys.logSigner().sign(head.text).description
            )
        )
        #expect(try other.check(by: [key]).isTrusted)
        let error = #expect(throws: EvidenceError.self) { try test.ledger.check(other) }
        #expect(error?.message.contains("history was rewritten") == true)
    }

    @Test("its manifest is repeatable, and about one version")
    func manifest() throws {
        let size = try test.blobs.byteCount(of: version)
        let manifest = receipt.manifest(of: version, byteCount: size)
        for blob in receipt.blobs + [manifest.canonicalBytes] { _ = try test.blobs.put(blob) }
        let digest = Digest.of(manifest.canonicalBytes)
        let read = try Receipt(digest, about: version, in: test.blobs)
        #expect(read == receipt)
        #expect(read.manifest(of: version, byteCount: size) == manifest)
        #expect(throws: EvidenceError.self) {
            try Receipt(digest, about: envelope, in: test.blobs)
        }
        var large = manifest
        large.layers[1] = Descriptor(
            mediaType: .inclusionProof,
            digest: large.layers[1].digest,
            byteCount: Receipt.byteLimit + 1
        )
        var short = manifest
        short.layers.removeLast()
        var configured = manifest
        configured.config = manifest.layers[0]
        for wrong in [large, short, configured] {
            #expect(throws: EvidenceError.self) {
                try Receipt.layers(of: wrong.canonicalBytes, about: version)
            }
        }
    }
}
