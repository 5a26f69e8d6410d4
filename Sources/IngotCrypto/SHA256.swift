// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import IngotCore

/// Incremental SHA-256 (FIPS 180-4), by OpenSSL, which uses the SHA instructions of the processor.
@safe package final class SHA256Hasher {
    private let context: OpaquePointer

    package init() {
        guard let context = unsafe EVP_MD_CTX_new(),
            unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { preconditionFailure("OpenSSL offers no SHA-256") }
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

    /// Ends the computation; the hasher must not be used again.
    package func finish() -> Digest {
        var output = [UInt8](repeating: 0, count: Digest.byteCount)
        // Safe: SHA-256 writes exactly 32 bytes.
        unsafe EVP_DigestFinal_ex(context, &output, nil)
        return Digest(bytes: output)
    }
}

extension Digest {
    /// The SHA-256 of some bytes.
    package static func of(_ bytes: [UInt8]) -> Digest {
        unsafe bytes.withUnsafeBytes { unsafe of($0) }
    }

    package static func of(_ bytes: UnsafeRawBufferPointer) -> Digest {
        let hasher = SHA256Hasher()
        unsafe hasher.update(bytes)
        return hasher.finish()
    }

    package static func of(_ text: String) -> Digest { of(Array(text.utf8)) }
}
