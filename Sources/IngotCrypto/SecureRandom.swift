// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Bytes that nobody can guess, for keys and salts; never for what must be repeatable.
package enum SecureRandom {
    package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard let size = Int32(exactly: count), unsafe RAND_bytes(&bytes, size) == 1 else {
            throw CryptoError("the system gives no random bytes")
        }
        return bytes
    }
}
