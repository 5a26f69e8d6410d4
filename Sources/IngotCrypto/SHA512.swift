// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Incremental SHA-512 (FIPS 180-4), by OpenSSL.
///
/// It is the second name that a registry may be asked for; nothing of Ingot's own is named by it.
@safe package final class SHA512Hasher {
    package static let byteCount = 64

    private let context: OpaquePointer

    package init() {
        guard let context = unsafe EVP_MD_CTX_new(),
            unsafe EVP_DigestInit_ex(context, EVP_sha512(), nil) == 1
        else { preconditionFailure("OpenSSL offers no SHA-512") }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package func update(_ bytes: [UInt8]) {
        // Safe: the pointer and the count describe the array.
        unsafe bytes.withUnsafeBytes {
            guard $0.count > 0 else { return }
            unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        }
    }

    /// Ends the computation, with 64 bytes; the hasher must not be used again.
    package func finish() -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Self.byteCount)
        // Safe: SHA-512 writes exactly 64 bytes.
        unsafe EVP_DigestFinal_ex(context, &output, nil)
        return output
    }
}
