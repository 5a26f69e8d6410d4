// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
internal import IngotCrypto

/// An entry of a log and the proof that it is there, `registry/FORMAT.md` §10. Invariants:
///
/// (1) The proof is under the signed head that the entry made, so that a receipt of an entry is the
///     same bytes whenever it is made.
/// (2) What is said about a receipt was parsed from the bytes that the proof covers.
package struct Receipt: Hashable, Sendable {
    /// The canonical text, which the leaf hash covers.
    package let entryBytes: [UInt8]
    package let entry: LogEntry
    package let proof: InclusionProof

    /// 192 KiB: the entry in base64 and a signed head, each as large as it may be.
    package static let byteLimit = 192 << 10

    package init(entryBytes: [UInt8], proof: InclusionProof) throws(EvidenceError) {
        guard entryBytes.count <= LogEntry.byteLimit else {
            throw EvidenceError(
                "log entry: \(entryBytes.count) bytes exceed the limit of \(LogEntry.byteLimit)"
            )
        }
        // Invariant (2).
        entry = try EvidenceError.locating("receipt") { try LogEntry(parsing: entryBytes) }
        // Invariant (1).
        let head = try LogHead(in: SignedNote(parsing: proof.head))
        guard proof.index == head.size - 1 else {
            throw EvidenceError(
                "receipt: entry \(proof.index) under the head of \(head.size) entries: not the one "
                    + "that it made: have it handed out by 'ingot log receipt'"
            )
        }
        self.entryBytes = entryBytes
        self.proof = InclusionProof(index: proof.index, proof: proof.proof, head: proof.head)
    }

    /// One file that needs nothing beside it but the log's key: the proof, which carries the entry.
    package var file: String {
        InclusionProof(
            index: proof.index,
            proof: proof.proof,
            head: proof.head,
            extra: entryBytes
        ).text
    }

    /// Reads such a file.
    package init(parsing bytes: [UInt8]) throws(EvidenceError) {
        let proof = try Self.proof(bytes)
        guard let entryBytes = proof.extra else {
            throw EvidenceError("receipt: the proof does not carry its entry ('extra')")
        }
        try self.init(entryBytes: entryBytes, proof: proof)
    }

    static func proof(_ bytes: [UInt8]) throws(EvidenceError) -> InclusionProof {
        guard bytes.count <= byteLimit, let text = String(validating: bytes, as: UTF8.self) else {
            throw EvidenceError("receipt: no text of at most \(byteLimit) bytes")
        }
        return try InclusionProof(parsing: text)
    }

    /// A statement that the entry names.
    package struct Named: Hashable, Sendable {
        package let subject: Digest
        package let envelope: Digest
        package let predicateType: String
    }

    package var statements: [Named] {
        entry.changes.compactMap { change in
            guard case .statement(let subject, let envelope, _, let predicateType, _) = change
            else { return nil }
            return Named(subject: subject, envelope: envelope, predicateType: predicateType)
        }
    }

    /// The bundles of the statements about a subject that the entry names.
    package func envelopes(about subject: Digest) -> Set<Digest> {
        Set(statements.filter { $0.subject == subject }.map(\.envelope))
    }

    /// Checks the proof, and the head's signature where one of the keys is that log's.
    ///
    /// - Throws: `EvidenceError` for a receipt that proves nothing, whichever keys count.
    package func check(by keys: [NoteVerifier]) throws(EvidenceError) -> CheckedReceipt {
        let leaf = MerkleHash.sha256.leaf(entryBytes)
        let head = try proof.verifyUnsigned(leafHash: leaf)
        let own = keys.filter { $0.name.utf8.elementsEqual(head.origin.utf8) }
        guard let last = own.last else { return CheckedReceipt(head: head, isTrusted: false) }
        for key in own.dropLast() where (try? proof.verify(leafHash: leaf, with: key)) != nil {
            return CheckedReceipt(head: head, isTrusted: true)
        }
        return CheckedReceipt(
            head: try proof.verify(leafHash: leaf, with: last),
            isTrusted: true
        )
    }
}

/// What a receipt that is whole says.
package struct CheckedReceipt: Hashable, Sendable {
    /// Names the log and says how large it was.
    package let head: LogHead
    /// False where no key is known for the log: then nobody knows who says it.
    package let isTrusted: Bool
}
