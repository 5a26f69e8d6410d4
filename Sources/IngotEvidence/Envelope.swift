// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotCrypto

/// A DSSE envelope (v1): payload bytes and signatures over them.
///
/// A key id in an envelope is not covered by the signature and is never a reason to trust.
package struct Envelope: Hashable, Sendable {
    package let payload: [UInt8]
    package let payloadType: String
    package let signatures: [[UInt8]]

    package static let inTotoType = "application/vnd.in-toto+json"
    /// More signatures than any policy asks for.
    static let signatureLimit = 16

    package init(payload: [UInt8], payloadType: String, signatures: [[UInt8]]) {
        self.payload = payload
        self.payloadType = payloadType
        self.signatures = signatures
    }

    /// Signs a statement.
    package init(signing statement: Statement, with key: SigningKey) throws(CryptoError) {
        let payload = statement.canonicalBytes
        let signature = try key.sign(Self.encoding(of: payload, type: Self.inTotoType))
        self.init(payload: payload, payloadType: Self.inTotoType, signatures: [signature])
    }

    /// The bytes that are signed: DSSE's pre-authentication encoding.
    package static func encoding(of payload: [UInt8], type: String) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    var signedBytes: [UInt8] { Self.encoding(of: payload, type: payloadType) }

    package var json: JSONValue {
        [
            "payload": .string(Base64.encode(payload)),
            "payloadType": .string(payloadType),
            "signatures": .array(
                signatures.map { ["keyid": "", "sig": .string(Base64.encode($0))] }
            ),
        ]
    }

    init(json: JSONValue, path: String) throws(FieldError) {
        var fields = try FieldReader(json, path: path)
        payloadType = try fields.require(fields.string("payloadType"), "payloadType")
        guard payloadType.utf8.elementsEqual(Self.inTotoType.utf8) else {
            throw FieldError("\(fields.place("payloadType")): expected \(Self.inTotoType)")
        }
        payload = try fields.base64("payload")
        let items = try fields.require(fields.array("signatures"), "signatures")
        guard (1...Self.signatureLimit).contains(items.count) else {
            throw FieldError(
                "\(fields.place("signatures")): expected 1 to \(Self.signatureLimit), "
                    + "found \(items.count)"
            )
        }
        var signatures: [[UInt8]] = []
        for (index, item) in items.enumerated() {
            var fields = try FieldReader(item, path: "\(fields.place("signatures"))[\(index)]")
            signatures.append(try fields.base64("sig"))
            _ = try fields.string("keyid")
            try fields.finish()
        }
        self.signatures = signatures
        try fields.finish()
    }
}

extension FieldReader {
    mutating func base64(_ name: String) throws(FieldError) -> [UInt8] {
        let text = try require(string(name), name)
        guard let bytes = Base64.decode(text) else {
            throw FieldError("\(place(name)): expected standard base64 with padding")
        }
        return bytes
    }
}
