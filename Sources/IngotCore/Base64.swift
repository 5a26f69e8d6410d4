// SPDX-License-Identifier: Apache-2.0

/// Standard base64 with padding (RFC 4648 §4), strict: one text for each sequence of bytes.
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                for shift: UInt32 in [18, 12, 6, 0] {
                    output.append(alphabet[Int(group >> shift & 63)])
                }
                group = 0
                held = 0
            }
        }
        switch held {
        case 1:
            output.append(alphabet[Int(group >> 2)])
            output.append(alphabet[Int(group << 4 & 63)])
            output += "==".utf8
        case 2:
            output.append(alphabet[Int(group >> 10)])
            output.append(alphabet[Int(group >> 4 & 63)])
            output.append(alphabet[Int(group << 2 & 63)])
            output += "=".utf8
        default: break
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes, or nil for anything but the text that `encode` gives: a missing padding, white
    /// space, the URL alphabet and unused bits that are not zero are all refused.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var units = Array(text.utf8)
        guard units.count % 4 == 0 else { return nil }
        let padding = units.suffix(2).count { $0 == UInt8(ascii: "=") }
        if padding > 0, units[units.count - 1] != UInt8(ascii: "=") { return nil }
        units.removeLast(padding)
        var output: [UInt8] = []
        output.reserveCapacity(units.count / 4 * 3 + 2)
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for unit in units {
            guard let value = value(of: unit) else { return nil }
            group = (group << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        guard group & ((1 << bits) - 1) == 0 else { return nil }
        return output
    }

    private static func value(of unit: UInt8) -> UInt32? {
        switch unit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(unit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(unit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(unit) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
