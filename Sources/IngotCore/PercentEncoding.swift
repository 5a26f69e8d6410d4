// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding (RFC 3986 §2.1) of everything but letters, digits, `-`, `.`, `_` and `~`.
package enum PercentEncoding {
    package static func encode(_ text: some StringProtocol, keeping kept: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for unit in text.utf8 {
            switch unit {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                output.append(unit)
            case _ where kept.utf8.contains(unit): output.append(unit)
            default:
                output += [UInt8(ascii: "%"), digits[Int(unit >> 4)], digits[Int(unit & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Nil where a `%` is not followed by two digits, or the bytes are not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        var output: [UInt8] = []
        var units = text.utf8.makeIterator()
        while let unit = units.next() {
            guard unit == UInt8(ascii: "%") else {
                output.append(unit)
                continue
            }
            guard let high = units.next(), let low = units.next(),
                let first = Character(UnicodeScalar(high)).hexDigitValue,
                let second = Character(UnicodeScalar(low)).hexDigitValue, high < 128, low < 128
            else { return nil }
            output.append(UInt8(first << 4 | second))
        }
        return String(validating: output, as: UTF8.self)
    }
}
