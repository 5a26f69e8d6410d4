// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// An asymmetric key of OpenSSL: the one place that calls its key functions.
///
/// Private PEM is unencrypted PKCS#8, public PEM is SubjectPublicKeyInfo, both as `openssl pkey`
/// prints them.
@safe final class OpenSSLKey: Sendable {
    enum Kind: Sendable, Equatable {
        case p256
        case ed25519
    }

    // Safe: a key is never changed after it was made, and OpenSSL allows concurrent use of it.
    private nonisolated(unsafe) let key: OpaquePointer

    /// Takes ownership.
    private init(owning key: OpaquePointer) { unsafe self.key = key }

    deinit { unsafe EVP_PKEY_free(key) }

    static func generate(_ kind: Kind) throws(CryptoError) -> OpenSSLKey {
        let identifier = kind == .p256 ? EVP_PKEY_EC : EVP_PKEY_ED25519
        let context = unsafe EVP_PKEY_CTX_new_id(identifier, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe kind != .p256
                || EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            unsafe EVP_PKEY_keygen(context, &key) == 1, let key = unsafe key
        else { throw failure("generate a key") }
        return unsafe OpenSSLKey(owning: key)
    }

    static func ed25519(seed: [UInt8]) throws(CryptoError) -> OpenSSLKey {
        // Safe: the pointer and the count describe the same array.
        guard let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { throw failure("make an Ed25519 key of \(seed.count) bytes") }
        return unsafe OpenSSLKey(owning: key)
    }

    static func ed25519(publicBytes bytes: [UInt8]) throws(CryptoError) -> OpenSSLKey {
        guard
            let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { throw failure("read an Ed25519 public key of \(bytes.count) bytes") }
        return unsafe OpenSSLKey(owning: key)
    }

    static func reading(privatePEM pem: String) throws(CryptoError) -> OpenSSLKey {
        let key = unsafe withInput(pem) { input in
            // The empty password keeps OpenSSL from asking for one on the terminal.
            var password: [CChar] = [0]
            return unsafe PEM_read_bio_PrivateKey(input, nil, nil, &password)
        }
        guard let key = unsafe key else {
            ERR_clear_error()
            throw CryptoError("not an unencrypted private key (PKCS#8 PEM)")
        }
        return unsafe OpenSSLKey(owning: key)
    }

    static func reading(publicPEM pem: String) throws(CryptoError) -> OpenSSLKey {
        let key = unsafe withInput(pem) { input in unsafe PEM_read_bio_PUBKEY(input, nil, nil, nil)
        }
        guard let key = unsafe key else {
            ERR_clear_error()
            throw CryptoError("not a public key (SubjectPublicKeyInfo PEM)")
        }
        return unsafe OpenSSLKey(owning: key)
    }

    /// Nil for other algorithms and curves.
    var kind: Kind? {
        switch unsafe EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_ED25519: return .ed25519
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            var count = 0
            // Safe: OpenSSL writes at most `name.count` bytes, the final zero included.
            guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else {
                return nil
            }
            let curve = name.prefix(count).map { UInt8(bitPattern: $0) }
            return curve == Array("prime256v1".utf8) ? .p256 : nil
        default: return nil
        }
    }

    func privatePEM() throws(CryptoError) -> String {
        try unsafe Self.output("write a private key") { output in
            unsafe PEM_write_bio_PKCS8PrivateKey(output, key, nil, nil, 0, nil, nil)
        }
    }

    func publicPEM() throws(CryptoError) -> String {
        try unsafe Self.output("write a public key") { output in
            unsafe PEM_write_bio_PUBKEY(output, key)
        }
    }

    /// The 32 bytes of an Ed25519 seed.
    func rawPrivateBytes() throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard unsafe EVP_PKEY_get_raw_private_key(key, &bytes, &count) == 1, count == 32 else {
            throw Self.failure("read the bytes of a private key")
        }
        return bytes
    }

    /// The 32 bytes of an Ed25519 public key.
    func rawPublicBytes() throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == 32 else {
            throw Self.failure("read the bytes of a public key")
        }
        return bytes
    }

    /// ECDSA over SHA-256 in DER for P-256, 64 bytes for Ed25519.
    func sign(_ message: [UInt8], as kind: Kind) throws(CryptoError) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        // 72 bytes: the longest DER form of a P-256 signature.
        var signature = [UInt8](repeating: 0, count: 72)
        var count = signature.count
        let hash = unsafe kind == .p256 ? EVP_sha256() : nil
        guard unsafe EVP_DigestSignInit(context, nil, hash, nil, key) == 1,
            unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { throw Self.failure("sign") }
        return Array(signature.prefix(count))
    }

    func verifies(_ signature: [UInt8], of message: [UInt8], as kind: Kind) -> Bool {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        let hash = unsafe kind == .p256 ? EVP_sha256() : nil
        let isValid =
            unsafe EVP_DigestVerifyInit(context, nil, hash, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        if !isValid { ERR_clear_error() }
        return isValid
    }

    private static func withInput(
        _ text: String,
        _ read: (OpaquePointer?) -> OpaquePointer?
    ) -> OpaquePointer? {
        var bytes = Array(text.utf8)
        guard let count = Int32(exactly: bytes.count) else { return nil }
        return unsafe bytes.withUnsafeMutableBytes { buffer in
            // Safe: the memory BIO only reads, and is freed before the buffer goes away.
            let input = unsafe BIO_new_mem_buf(buffer.baseAddress, count)
            defer { unsafe _ = BIO_free(input) }
            return unsafe read(input)
        }
    }

    private static func output(
        _ action: String,
        _ write: (OpaquePointer?) -> Int32
    ) throws(CryptoError) -> String {
        let output = unsafe BIO_new(BIO_s_mem())
        defer { unsafe _ = BIO_free(output) }
        guard unsafe write(output) == 1 else { throw failure(action) }
        var bytes = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(output))
        guard let size = Int32(exactly: bytes.count), size > 0,
            unsafe BIO_read(output, &bytes, size) == size
        else { throw failure(action) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ action: String) -> CryptoError {
        var text = [CChar](repeating: 0, count: 256)
        // Safe: at most `text.count` bytes are written, the final zero included.
        unsafe ERR_error_string_n(ERR_get_error(), &text, text.count)
        ERR_clear_error()
        let reason = String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return CryptoError("cannot \(action): \(reason)")
    }
}
