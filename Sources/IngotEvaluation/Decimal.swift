// SPDX-License-Identifier: Apache-2.0

/// Numbers for people: rounded, without an exponent or trailing zeros.
enum Decimal {
    static func text(_ value: Double, places: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let units = Int((abs(value) * scale).rounded())
        let sign = value < 0 && units > 0 ? "-" : ""
        let (whole, part) = units.quotientAndRemainder(dividingBy: Int(scale))
        if part == 0 { return "\(sign)\(whole)" }
        var digits = String(part)
        digits = String(repeating: "0", count: places - digits.utf8.count) + digits
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(sign)\(whole).\(digits)"
    }
}
