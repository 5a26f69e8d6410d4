// SPDX-License-Identifier: Apache-2.0

/// What the pre-tokenizers' patterns distinguish: `\p{L}`, `\p{N}`, `\s`, anything else.
///
/// Categories are those of the standard library's Unicode tables. Peers carry tables of other
/// Unicode versions, so characters assigned since may be classed otherwise there.
enum ScalarClass: Equatable {
    case letter, number, space, other

    /// The class of the scalar that starts at `position`, and its length in bytes.
    static func at(_ position: Int, in text: Span<UInt8>) -> (class: ScalarClass, byteCount: Int) {
        let first = text[position]
        if first < 0x80 { return (ascii(first), 1) }
        if first < 0xE0 {
            let value = UInt32(first & 0x1F) << 6 | continuation(text, position + 1)
            return (of(value), 2)
        }
        if first < 0xF0 {
            let value =
                UInt32(first & 0x0F) << 12 | continuation(text, position + 1) << 6
                | continuation(text, position + 2)
            return (of(value), 3)
        }
        let value =
            UInt32(first & 0x07) << 18 | continuation(text, position + 1) << 12
            | continuation(text, position + 2) << 6 | continuation(text, position + 3)
        return (of(value), 4)
    }

    private static func continuation(_ text: Span<UInt8>, _ position: Int) -> UInt32 {
        UInt32(text[position] & 0x3F)
    }

    private static func ascii(_ byte: UInt8) -> ScalarClass {
        if (byte | 0x20) &- 0x61 < 26 { return .letter }
        if byte == 0x20 || byte &- 0x09 < 5 { return .space }
        return byte &- 0x30 < 10 ? .number : .other
    }

    private static func of(_ value: UInt32) -> ScalarClass {
        // Unified ideographs: letters, and most of what East Asian text holds.
        if value &- 0x4E00 < 0x5200 { return .letter }
        guard let scalar = Unicode.Scalar(value) else { return .other }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        // White_Space outside ASCII is these three categories and U+0085.
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: return .space
        default: return value == 0x85 ? .space : .other
        }
    }
}
