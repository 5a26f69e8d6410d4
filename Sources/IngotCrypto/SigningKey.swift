// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A private P-256 key: signs statements with ECDSA over SHA-256.
package struct SigningKey: Sendable {
    package let publicKey: PublicKey
    private let key: OpenSSLKey

    package static func generate() throws(CryptoError) -> SigningKey {
        try SigningKey(.generate(.p256))
    }

    /// Reads unencrypted PKCS#8 PEM.
    package init(pem: String) throws(CryptoError) {
        try self.init(.reading(privatePEM: pem))
    }

    private init(_ key: OpenSSLKey) throws(CryptoError) {
        guard key.kind == .p256 else {
            throw CryptoError("the private key is not an ECDSA key on the curve P-256")
        }
        self.key = key
        publicKey = try PublicKey(pem: key.publicPEM())
    }

    /// Unencrypted PKCS#8 PEM: keep it in a file that only its owner reads.
    package func privatePEM() throws(CryptoError) -> String { try key.privatePEM() }

    /// An ASN.1 DER signature; two signatures of one message differ.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try key.sign(message, as: .p256)
    }
}

/// A public P-256 key; equal keys have equal PEM.
package struct PublicKey: Sendable {
    /// SubjectPublicKeyInfo as OpenSSL prints it, with the final newline.
    package let pem: String
    /// SHA-256 of `pem` in hexadecimal: the hint of Sigstore bundles, never a reason to trust.
    package let keyID: String
    private let key: OpenSSLKey

    /// Reads PEM in exactly the form that `pem` has; missing final newlines and CRLF are forgiven.
    package init(pem text: String) throws(CryptoError) {
        let key = try OpenSSLKey.reading(publicPEM: text)
        guard key.kind == .p256 else {
            throw CryptoError("the public key is not an ECDSA key on the curve P-256")
        }
        let pem = try key.publicPEM()
        // Compressed points, explicit curve parameters, or text around the key.
        guard text.split(whereSeparator: \.isNewline) == pem.split(whereSeparator: \.isNewline)
        else {
            throw CryptoError(
                "the public key is not in the form that `openssl pkey -pubout` prints"
            )
        }
        self.key = key
        self.pem = pem
        keyID = Digest.of(pem).hex
    }

    /// Whether a DER signature is by this key over exactly these bytes.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        key.verifies(signature, of: message, as: .p256)
    }
}

extension PublicKey: Hashable {
    package static func == (left: PublicKey, right: PublicKey) -> Bool {
        left.pem.utf8.elementsEqual(right.pem.utf8)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(pem) }
}
