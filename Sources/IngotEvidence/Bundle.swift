// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
package import IngotCrypto

/// A Sigstore bundle v0.3 with a public-key hint and a DSSE envelope: the blob that holds a
/// statement.
///
/// Stock `model_signing` and cosign read it.
package struct Bundle: Hashable, Sendable {
    package let envelope: Envelope
    /// The key id of the signer; nil when the bundle does not say.
    package let hint: String?

    /// Base64 of the payload, and room for the rest.
    package static let byteLimit = Statement.byteLimit / 3 * 4 + (64 << 10)

    package init(envelope: Envelope, hint: String?) {
        self.envelope = envelope
        self.hint = hint
    }

    /// Signs a statement.
    ///
    /// The bytes differ each time: ECDSA signatures are not repeatable.
    package init(signing statement: Statement, with key: SigningKey) throws(CryptoError) {
        envelope = try Envelope(signing: statement, with: key)
        hint = key.publicKey.keyID
    }

    package var canonicalBytes: [UInt8] {
        var material: [String: JSONValue] = ["tlogEntries": []]
        if let hint { material["publicKey"] = ["hint": .string(hint)] }
        let json: JSONValue = [
            "mediaType": .string(MediaType.sigstoreBundle.text),
            "verificationMaterial": .object(material),
            "dsseEnvelope": envelope.json,
        ]
        return json.canonicalBytes
    }

    /// Strict: unknown members, a second envelope or another version are refused.
    package init(parsing bytes: [UInt8]) throws(EvidenceError) {
        var limits = JSONLimits()
        limits.depth = Statement.depthLimit
        limits.byteCount = Self.byteLimit
        self = try EvidenceError.locating("bundle") {
            try Bundle(json: JSONValue(parsing: bytes, limits: limits))
        }
    }

    private init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        let mediaType = try fields.require(fields.string("mediaType"), "mediaType")
        guard mediaType.utf8.elementsEqual(MediaType.sigstoreBundle.text.utf8) else {
            throw FieldError("mediaType: expected \(MediaType.sigstoreBundle)")
        }
        var material = try fields.require(
            fields.object("verificationMaterial"),
            "verificationMaterial"
        )
        if var key = try material.object("publicKey") {
            hint = try key.string("hint")
            try key.finish()
        } else {
            hint = nil
        }
        guard try material.array("tlogEntries")?.isEmpty ?? true else {
            throw FieldError("verificationMaterial.tlogEntries: Ingot has its own log; expected []")
        }
        try material.finish()
        envelope = try Envelope(
            json: fields.required("dsseEnvelope"),
            path: "dsseEnvelope"
        )
        try fields.finish()
    }

    /// The statement that the envelope carries; not verified by this.
    package func statement() throws(EvidenceError) -> Statement {
        try Statement(parsing: envelope.payload)
    }
}
