// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotEvidence

/// Vectors of the C2SP specifications, and of a log with the seed 00…1f and the eight leaves of
/// RFC 6962 tests.
@Suite("Signed notes and log heads")
struct SignedNoteTests {
    private static let root =
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"
    private static let verifierText =
        "ingot.example/log1+0f414c7c+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    private static let text =
        "ingot.example/log1\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n"
    private static let logLine =
        "— ingot.example/log1 D0FMfLUzGS1uinI4gtyWZ0NMC6203Ij+aELVVrDlMuya8r0Y2AeNn9QQ3oKkGojrsax"
        + "qVR6WLY3XIAxREp7SK3r/Rgg=\n"
    private static let witnessLine =
        "— witness.example/w1 IDJKvgAAAABkGFDLS1K4g+wah1IrZIwpBNWykga7GUASA3ivx4I7wDYfLZ9PEO3poc"
        + "nQkdzGUuHOKbgF03S4b680fCQ0t5Xbn3v7Dw==\n"

    private func signer() throws -> NoteSigner {
        try NoteSigner(
            name: "ingot.example/log1",
            key: Ed25519SigningKey(seed: Array(0..<32))
        )
    }

    @Test("names keys as C2SP does")
    func keys() throws {
        let text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        #expect(try NoteVerifier(parsing: text).text == text)
        #expect(try signer().verifier.text == Self.verifierText)
    }

    @Test("signs a head to the same bytes as the vector")
    func sign() throws {
        let digest = try #require(Digest(hex: Self.root))
        let head = LogHead(origin: "ingot.example/log1", size: 7, root: digest)
        #expect(head.text == Self.text)
        #expect(try signer().sign(head.text).description == Self.text + "\n" + Self.logLine)
    }

    @Test("verifies a head beside a witness's line that it does not know")
    func cosigned() throws {
        let note = Self.text + "\n" + Self.logLine + Self.witnessLine
        let verifier = try NoteVerifier(parsing: Self.verifierText)
        let head = try LogHead(verifying: note, with: verifier)
        #expect(head.size == 7)
        #expect(head.root.hex == Self.root)
        #expect(try SignedNote(parsing: note).description == note)
    }

    @Test("refuses every change of one byte of a signed head")
    func flips() throws {
        let note = Array((Self.text + "\n" + Self.logLine).utf8)
        let verifier = try NoteVerifier(parsing: Self.verifierText)
        for index in note.indices {
            for mask: UInt8 in [0x01, 0x20, 0x80] {
                var changed = note
                changed[index] ^= mask
                guard let text = String(validating: changed, as: UTF8.self) else { continue }
                #expect(throws: EvidenceError.self, "byte \(index) mask \(mask)") {
                    try LogHead(verifying: text, with: verifier)
                }
            }
        }
    }

    @Test("refuses a head of another log, whatever key signed it")
    func otherLog() throws {
        let other = try NoteSigner(
            name: "ingot.example/log2",
            key: Ed25519SigningKey(seed: Array(0..<32))
        )
        let note = try other.sign(Self.text).description
        let verifier = try signer().verifier
        #expect(throws: EvidenceError.self) { try LogHead(verifying: note, with: verifier) }
        #expect(throws: EvidenceError.self) {
            try LogHead(verifying: note, with: other.verifier)
        }
    }

    @Test(
        "refuses what is not a note",
        arguments: [
            "", "\n", "\n\n", "text", "text\n", "text\n\n", "text\n\n— name AAAA\n",
            "text\n\n- name AAAAAAA=\n", "text\n\n— name\n", "text\n\n— na+me AAAAAAA=\n",
            "text\n\n— a b AAAAAAA=\n", "te\u{7}xt\n\n— name AAAAAAA=\n",
            "text\r\n\n— name AAAAAAA=\n", "text\n\n— name AAAAAAA=",
            String(repeating: "a", count: 1 << 17),
        ]
    )
    func refusal(text: String) {
        #expect(throws: EvidenceError.self) { try SignedNote(parsing: text) }
    }

    @Test(
        "refuses what is not a head",
        arguments: [
            "", "a\n7\n", "a\n07\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n",
            "a\n-1\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n", "a\n7\nAAAA\n",
            "a\n+7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n",
            "\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n",
            "a\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\nextension\n",
            "a\n99999999999999999999\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n",
        ]
    )
    func heads(text: String) {
        #expect(LogHead(parsing: text) == nil)
    }

    @Test("proves an entry with a receipt that reads back")
    func receipt() throws {
        let leaves = [
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        ].compactMap { Hex.decode($0) }
        var nodes: [MerkleNode: Digest] = [:]
        for (index, leaf) in leaves.enumerated() {
            let tree = MerkleTree(size: index, hash: .sha256)
            let added = try tree.nodes(appending: MerkleHash.sha256.leaf(leaf)) {
                try #require(nodes[$0])
            }
            for (node, hash) in added { nodes[node] = hash }
        }
        let tree = MerkleTree(size: 7, hash: .sha256)
        let proof = try tree.inclusionProof(of: 5) { try #require(nodes[$0]) }
        let receipt = InclusionProof(
            index: 5,
            proof: proof,
            head: Self.text + "\n" + Self.logLine
        )
        #expect(try InclusionProof(parsing: receipt.text) == receipt)
        let verifier = try signer().verifier
        let leaf = MerkleHash.sha256.leaf(leaves[5])
        #expect(try receipt.verify(leafHash: leaf, with: verifier).size == 7)
        #expect(throws: EvidenceError.self) {
            try receipt.verify(leafHash: MerkleHash.sha256.leaf(leaves[4]), with: verifier)
        }
        let bytes = Array(receipt.text.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            guard let text = String(validating: changed, as: UTF8.self) else { continue }
            #expect(throws: EvidenceError.self, "byte \(index)") {
                try InclusionProof(parsing: text).verify(leafHash: leaf, with: verifier)
            }
        }
    }
}
