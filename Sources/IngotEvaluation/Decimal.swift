// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Numbers for sentences: rounded, without an exponent or trailing zeros.
enum Decimal {
    static func text(_ value: Double, places: Int) -> String {
        var text = FixedDecimal.text(value, places)
        guard places > 0, value.isFinite, text.utf8.contains(UInt8(ascii: ".")) else { return text }
        while text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
        if text.utf8.last == UInt8(ascii: ".") { text.removeLast() }
        return text
    }
}
