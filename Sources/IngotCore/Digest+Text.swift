// SPDX-License-Identifier: Apache-2.0

extension Digest: CustomStringConvertible {
    /// Lower-case hexadecimal, 64 digits, no prefix: the name of a blob's file.
    package var hex: String { Hex.encode(bytes) }

    /// `sha256:` and the hexadecimal digits.
    package var description: String { "sha256:" + hex }

    /// The first twelve digits, for people: enough to tell versions apart on a screen.
    package var short: String { String(hex.prefix(12)) }

    /// Parses `sha256:<hex>`.
    package init(parsing text: String) throws(NameError) {
        guard text.utf8.starts(with: "sha256:".utf8), let digest = Digest(hex: text.dropFirst(7))
        else {
            throw NameError("digest '\(text)': expected sha256: and 64 lower-case hex digits")
        }
        self = digest
    }

    /// Parses 64 lower-case hexadecimal digits; nil for anything else.
    package init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex), bytes.count == Self.byteCount else { return nil }
        self.init(bytes: bytes)
    }
}

/// Lower-case hexadecimal.
package enum Hex {
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { output in
            var index = 0
            for byte in bytes {
                unsafe output[index] = digits[Int(byte >> 4)]
                unsafe output[index + 1] = digits[Int(byte & 15)]
                index += 2
            }
            return index
        }
    }

    /// The bytes, or nil when a character is not a lower-case digit or the count is odd.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for unit in text.utf8 {
            let value: UInt8
            switch unit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = unit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = unit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
