// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore
internal import IngotCrypto
internal import IngotFiles

package enum FileDigest {
    private static let pieceByteCount = 1 << 18

    /// The SHA-256 of a file's content; no link is followed.
    package static func of(_ path: String) throws -> Digest {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        let hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: pieceByteCount)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("read", path)
            }
            if count == 0 { return hasher.finish() }
            unsafe buffer.withUnsafeBytes {
                // Safe: `read` filled `count` bytes of the buffer.
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
    }
}
