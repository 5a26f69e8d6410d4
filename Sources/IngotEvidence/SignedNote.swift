// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
package import IngotCrypto

/// A text with signatures in the form of C2SP signed-note.
///
/// The signed bytes are the text with its final newline, without the blank line after it.
package struct SignedNote: Hashable, Sendable {
    package struct Signature: Hashable, Sendable {
        /// No spaces and no `+`.
        package let name: String
        /// Key hash (4 bytes) and signature.
        package let bytes: [UInt8]

        package var keyHash: [UInt8] { Array(bytes.prefix(4)) }

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    package let text: String
    package let signatures: [Signature]

    /// 64 KiB: a head has three short lines and a few signatures.
    package static let byteLimit = 64 << 10
    static let signatureLimit = 100
    private static let dash = Array("— ".utf8)

    package init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    package var description: String {
        signatures.reduce(text + "\n") { note, signature in
            note + "— \(signature.name) \(Base64.encode(signature.bytes))\n"
        }
    }

    package init(parsing note: String) throws(EvidenceError) {
        let bytes = Array(note.utf8)
        guard bytes.count <= Self.byteLimit else {
            throw EvidenceError("note: \(bytes.count) bytes exceed the limit of \(Self.byteLimit)")
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A }) else {
            throw EvidenceError("note: control characters are not allowed")
        }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard let last = lines.last, last.isEmpty else {
            throw EvidenceError("note: the last line does not end")
        }
        guard let blank = lines.dropLast().lastIndex(where: \.isEmpty), blank > 0 else {
            throw EvidenceError("note: no blank line between the text and its signatures")
        }
        let signatureLines = lines[(blank + 1)..<(lines.count - 1)]
        guard (1...Self.signatureLimit).contains(signatureLines.count) else {
            throw EvidenceError("note: \(signatureLines.count) signatures")
        }
        var signatures: [Signature] = []
        for line in signatureLines { signatures.append(try Self.signature(line)) }
        self.signatures = signatures
        let end = lines[blank].startIndex
        text = String(decoding: bytes[..<end], as: UTF8.self)
    }

    private static func signature(_ line: ArraySlice<UInt8>) throws(EvidenceError) -> Signature {
        let fields = line.dropFirst(dash.count)
            .split(separator: 0x20, omittingEmptySubsequences: false)
        guard line.starts(with: dash), fields.count == 2,
            !fields[0].isEmpty, !fields[0].contains(UInt8(ascii: "+")),
            let bytes = Base64.decode(String(decoding: fields[1], as: UTF8.self)), bytes.count > 4
        else {
            throw EvidenceError("note: a signature line is not '— name base64'")
        }
        return Signature(name: String(decoding: fields[0], as: UTF8.self), bytes: bytes)
    }
}

/// A named Ed25519 key that signs notes.
package struct NoteSigner: Sendable {
    package let verifier: NoteVerifier
    private let key: Ed25519SigningKey

    package init(name: String, key: Ed25519SigningKey) throws(EvidenceError) {
        verifier = try NoteVerifier(name: name, key: key.publicKey)
        self.key = key
    }

    package func sign(_ text: String) throws -> SignedNote {
        guard text.utf8.last == 0x0A else {
            throw EvidenceError("note: a text to sign must end with a newline")
        }
        let signature = verifier.keyHash + (try key.sign(Array(text.utf8)))
        return SignedNote(
            text: text,
            signatures: [SignedNote.Signature(name: verifier.name, bytes: signature)]
        )
    }
}

/// A named Ed25519 key that notes are checked with.
package struct NoteVerifier: Hashable, Sendable {
    package let name: String
    package let key: Ed25519PublicKey

    /// The signature type of Ed25519 in key hashes and verifier keys.
    private static let ed25519: UInt8 = 0x01

    package init(name: String, key: Ed25519PublicKey) throws(EvidenceError) {
        guard Self.isName(name) else {
            throw EvidenceError("note key '\(name)': use printable ASCII without spaces and '+'")
        }
        self.name = name
        self.key = key
    }

    /// Printable ASCII without spaces and `+`.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2B }
    }

    package var keyHash: [UInt8] {
        let content = Array(name.utf8) + [0x0A, Self.ed25519] + key.bytes
        return Array(Digest.of(content).bytes.prefix(4))
    }

    /// SHA-256 of the key's SubjectPublicKeyInfo PEM, in hexadecimal, as for other keys.
    package func keyID() throws(CryptoError) -> String { Digest.of(try key.pem()).hex }

    /// The text form of C2SP: `name+hash+key`.
    package var text: String {
        "\(name)+\(Hex.encode(keyHash))+\(Base64.encode([Self.ed25519] + key.bytes))"
    }

    package init(parsing text: String) throws(EvidenceError) {
        let fields = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let hash = Hex.decode(fields[1]),
            let bytes = Base64.decode(fields[2]), bytes.count == 33, bytes[0] == Self.ed25519
        else {
            throw EvidenceError("note key: expected name+8 hex digits+base64 of an Ed25519 key")
        }
        do {
            try self.init(
                name: String(fields[0]),
                key: Ed25519PublicKey(bytes: Array(bytes.dropFirst()))
            )
        } catch { throw EvidenceError("note key: \(error)") }
        guard hash == keyHash else {
            throw EvidenceError("note key \(name): its hash does not match its key")
        }
    }

    /// Whether the note carries a valid signature by this key; signatures by others are ignored,
    /// a wrong one in this key's name is not.
    package func verifies(_ note: SignedNote) -> Bool {
        let own = note.signatures.filter {
            $0.name.utf8.elementsEqual(name.utf8) && $0.keyHash == keyHash
        }
        return !own.isEmpty
            && own.allSatisfy {
                key.verifies(Array($0.bytes.dropFirst(4)), of: Array(note.text.utf8))
            }
    }
}
