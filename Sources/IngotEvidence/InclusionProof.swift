// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// Proof that an entry is in a log, which anybody can check offline: C2SP tlog-proof.
package struct InclusionProof: Hashable, Sendable {
    package let index: Int
    /// From the leaf's sibling up.
    package let proof: [Digest]
    /// The signed note of a head at least `index + 1` entries long.
    package let head: String
    /// What whoever made the proof put beside it; the log vouches for nothing in it.
    package let extra: [UInt8]?

    package static let firstLine = "c2sp.org/tlog-proof@v1"
    private static let extraWord = "extra "
    /// A tree of 2^62 leaves has no longer path.
    private static let proofLimit = 63

    package init(index: Int, proof: [Digest], head: String, extra: [UInt8]? = nil) {
        self.index = index
        self.proof = proof
        self.head = head
        self.extra = extra
    }

    package var text: String {
        let carried = extra.map { "\(Self.extraWord)\(Base64.encode($0))\n" } ?? ""
        let hashes = proof.map { Base64.encode($0.bytes) + "\n" }.joined()
        return "\(Self.firstLine)\n\(carried)index \(index)\n\(hashes)\n\(head)"
    }

    package init(parsing text: String) throws(EvidenceError) {
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        func next() -> String? { lines.popFirst().map { String(Substring($0)) } }
        guard let first = next(), first.utf8.elementsEqual(Self.firstLine.utf8) else {
            throw EvidenceError("proof: the first line is not '\(Self.firstLine)'")
        }
        var line = next()
        if let carrying = line, carrying.utf8.starts(with: Self.extraWord.utf8) {
            let encoded = String(Substring(carrying.utf8.dropFirst(Self.extraWord.utf8.count)))
            guard let bytes = Base64.decode(encoded) else {
                throw EvidenceError("proof: its extra data are not base64")
            }
            extra = bytes
            line = next()
        } else {
            extra = nil
        }
        guard let line, line.utf8.starts(with: "index ".utf8), let index = Int(line.dropFirst(6)),
            index >= 0, line.utf8.elementsEqual("index \(index)".utf8)
        else { throw EvidenceError("proof: expected 'index' and a number") }
        self.index = index
        var proof: [Digest] = []
        while let line = next(), !line.isEmpty {
            guard proof.count < Self.proofLimit, let bytes = Base64.decode(line),
                bytes.count == Digest.byteCount
            else { throw EvidenceError("proof: hash \(proof.count + 1) is not one") }
            proof.append(Digest(bytes: bytes))
        }
        self.proof = proof
        guard let start = lines.first?.startIndex else {
            throw EvidenceError("proof: the log head is missing")
        }
        head = String(text[start...])
    }

    /// Checks the head's signature, its origin and that the entry is in its tree.
    ///
    /// - Returns: the head.
    @discardableResult
    package func verify(
        leafHash: Digest,
        with verifier: NoteVerifier
    ) throws(EvidenceError) -> LogHead {
        let head = try LogHead(verifying: head, with: verifier)
        try verify(leafHash: leafHash, under: head)
        return head
    }

    /// Checks that the entry is in the tree of the proof's own head, whoever signed that.
    ///
    /// - Returns: the head.
    func verifyUnsigned(leafHash: Digest) throws(EvidenceError) -> LogHead {
        let head = try LogHead(in: SignedNote(parsing: head))
        // What nobody vouches for is shown to people.
        guard NoteVerifier.isName(head.origin) else {
            throw EvidenceError("log head: its first line cannot be the name of a log's key")
        }
        try verify(leafHash: leafHash, under: head)
        return head
    }

    private func verify(leafHash: Digest, under head: LogHead) throws(EvidenceError) {
        guard
            MerkleHash.sha256.verifies(
                inclusionOf: leafHash,
                at: index,
                in: head.size,
                proof: proof,
                root: head.root
            )
        else {
            throw EvidenceError(
                "proof: the entry is not number \(index) of the log of \(head.size) entries "
                    + "that \(head.origin) signed: it is not to be trusted"
            )
        }
    }
}

extension LogHead {
    /// Reads a head without looking at who signed it.
    init(in note: SignedNote) throws(EvidenceError) {
        guard let head = LogHead(parsing: note.text) else {
            throw EvidenceError("log head: expected three lines: origin, size and root")
        }
        self = head
    }

    /// Reads a signed head and checks its signature and its origin.
    package init(verifying note: String, with verifier: NoteVerifier) throws(EvidenceError) {
        let note = try SignedNote(parsing: note)
        let head = try LogHead(in: note)
        guard head.origin.utf8.elementsEqual(verifier.name.utf8) else {
            throw EvidenceError(
                "log head: it is of the log '\(head.origin)', not of '\(verifier.name)'"
            )
        }
        guard verifier.verifies(note) else {
            throw EvidenceError(
                "log head of \(head.size) entries: it is not signed by the log key of "
                    + "\(verifier.name): it is not to be trusted"
            )
        }
        self = head
    }
}
