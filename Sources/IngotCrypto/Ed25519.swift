// SPDX-License-Identifier: Apache-2.0

/// A private Ed25519 key (RFC 8032): signs log heads.
package struct Ed25519SigningKey: Sendable {
    package let publicKey: Ed25519PublicKey
    private let key: OpenSSLKey

    package static func generate() throws(CryptoError) -> Ed25519SigningKey {
        try Ed25519SigningKey(.generate(.ed25519))
    }

    /// Takes the 32 bytes of the seed.
    package init(seed: [UInt8]) throws(CryptoError) {
        try self.init(.ed25519(seed: seed))
    }

    /// Reads unencrypted PKCS#8 PEM.
    package init(pem: String) throws(CryptoError) {
        try self.init(.reading(privatePEM: pem))
    }

    private init(_ key: OpenSSLKey) throws(CryptoError) {
        guard key.kind == .ed25519 else { throw CryptoError("the private key is not Ed25519") }
        self.key = key
        publicKey = try Ed25519PublicKey(bytes: key.rawPublicBytes())
    }

    package func privatePEM() throws(CryptoError) -> String { try key.privatePEM() }

    package func seed() throws(CryptoError) -> [UInt8] { try key.rawPrivateBytes() }

    /// 64 bytes, the same for the same message.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try key.sign(message, as: .ed25519)
    }
}

/// A public Ed25519 key.
package struct Ed25519PublicKey: Sendable {
    /// 32 bytes.
    package let bytes: [UInt8]
    private let key: OpenSSLKey

    package init(bytes: [UInt8]) throws(CryptoError) {
        self.bytes = bytes
        key = try .ed25519(publicBytes: bytes)
    }

    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        key.verifies(signature, of: message, as: .ed25519)
    }

    /// SubjectPublicKeyInfo as OpenSSL prints it.
    package func pem() throws(CryptoError) -> String { try key.publicPEM() }
}

extension Ed25519PublicKey: Hashable {
    package static func == (left: Ed25519PublicKey, right: Ed25519PublicKey) -> Bool {
        left.bytes == right.bytes
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
