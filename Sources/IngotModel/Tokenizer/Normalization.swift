// SPDX-License-Identifier: Apache-2.0

// The standard library normalises for String comparison and offers the result under this SPI only.
// Use public API once there is one; Foundation's would bring tens of MB of ICU tables.
@_spi(_Unicode) internal import Swift

/// Unicode normalisation form C of UTF-8 text.
enum Normalization {
    /// True when no scalar at or above U+0300 occurs: all below are their own form C and combine
    /// with nothing.
    static func isSurelyNormal(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for position in range where text[position] >= 0xCC { return false }
        return true
    }

    static func normal(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
        let original = String(
            decoding: range.map { text[$0] },
            as: UTF8.self
        )
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: original._nfc)
        return String(scalars)
    }
}
