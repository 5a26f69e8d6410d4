// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import IngotCore

/// Incremental MD5 (RFC 1321), for the formats of other programs that name their files by it.
///
/// MD5 is broken: two files of one MD5 are made in seconds. It says here only whether bytes are the
/// ones that such a format speaks of; the identity of anything in Ingot is its SHA-256.
@safe package final class ForeignMD5 {
    private static let byteCount = 16
    private let context: OpaquePointer

    /// - Throws: `CryptoError` when this OpenSSL offers no MD5, as in FIPS mode.
    package init() throws {
        guard let context = unsafe EVP_MD_CTX_new() else {
            throw CryptoError("MD5: no memory")
        }
        guard unsafe EVP_DigestInit_ex(context, EVP_md5(), nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw CryptoError("OpenSSL offers no MD5 here (FIPS mode?): this format needs it")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        // Safe: the pointer and the count describe the same buffer.
        unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    package func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// Ends the computation, and gives 32 lower-case hexadecimal digits; the object must not be
    /// used again.
    package func finish() -> String {
        var output = [UInt8](repeating: 0, count: Self.byteCount)
        // Safe: MD5 writes exactly 16 bytes.
        unsafe EVP_DigestFinal_ex(context, &output, nil)
        return Hex.encode(output)
    }
}
