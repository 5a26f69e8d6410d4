// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// Keyed hashes (RFC 2104 with SHA-256).
package enum HMACSHA256 {
    private static let blockByteCount = 64

    package static func code(of message: [UInt8], key: [UInt8]) -> Digest {
        var block = key.count > blockByteCount ? Digest.of(key).bytes : key
        block += repeatElement(0, count: blockByteCount - block.count)
        let inner = Digest.of(block.map { $0 ^ 0x36 } + message)
        return Digest.of(block.map { $0 ^ 0x5C } + inner.bytes)
    }
}
