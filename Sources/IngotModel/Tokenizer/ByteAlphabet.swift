// SPDX-License-Identifier: Apache-2.0

/// GPT-2's spelling of bytes as printable characters, in which byte-level vocabularies are written.
///
/// Bytes 33–126, 161–172 and 174–255 stand for themselves; the other 68 are U+0100 onwards in
/// order (space is Ġ, newline Ċ).
enum ByteAlphabet {
    /// The bytes that `token` spells; nil when a character is not of the alphabet.
    static func bytes(of token: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(token.utf8.count)
        for scalar in token.unicodeScalars {
            guard let byte = byte(of: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func byte(of scalar: UInt32) -> UInt8? {
        switch scalar {
        case 33...126, 161...172, 174...255: UInt8(scalar)
        case 0x100...0x120: UInt8(scalar - 0x100)  // 0–32
        case 0x121...0x142: UInt8(scalar - 0x121 + 127)  // 127–160
        case 0x143: 173
        default: nil
        }
    }
}
