// SPDX-License-Identifier: Apache-2.0

/// Numbers as Python writes them.
enum PythonNumber {
    /// `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from
    /// 1e16.
    static func text(of value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        guard value != 0 else { return sign + "0.0" }
        let (digits, point) = shortestDigits(of: value.magnitude)
        let count = digits.utf8.count
        if point > 16 || point < -3 {
            let exponent = point - 1
            let fraction = count > 1 ? "." + String(digits.dropFirst()) : ""
            let width = exponent.magnitude < 10 ? "0" : ""
            return sign + String(digits.prefix(1)) + fraction + (exponent < 0 ? "e-" : "e+") + width
                + String(exponent.magnitude)
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= count {
            return sign + digits + String(repeating: "0", count: point - count) + ".0"
        }
        return sign + String(digits.prefix(point)) + "." + String(digits.dropFirst(point))
    }

    /// The digits d₁d₂… and p with value = 0.d₁d₂… × 10^p, read off Swift's own shortest text.
    private static func shortestDigits(of value: Double) -> (digits: String, point: Int) {
        let parts = value.description.split(separator: "e", maxSplits: 1)
        let mantissa = parts[0].split(separator: ".", maxSplits: 1)
        let whole = String(mantissa[0])
        let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let digits = whole + fraction
        let leading = digits.prefix { $0 == "0" }.utf8.count
        var significant = String(digits.dropFirst(leading))
        while significant.utf8.last == UInt8(ascii: "0") { significant.removeLast() }
        return (significant, whole.utf8.count - leading + exponent)
    }

    /// `int(text, radix)`: blanks around it, a sign, the prefix of the radix, `_` between digits.
    static func integer(_ text: String, radix: Int = 10) -> Int? {
        var digits = Array(PythonString.strip(text).utf8)
        var sign = ""
        if digits.first == UInt8(ascii: "-") || digits.first == UInt8(ascii: "+") {
            sign = digits.removeFirst() == UInt8(ascii: "-") ? "-" : ""
        }
        if let letter = prefixes[radix], digits.count > 2, digits[0] == UInt8(ascii: "0"),
            digits[1] | 0x20 == letter
        {
            digits.removeFirst(2)
            if digits.first == UInt8(ascii: "_") { digits.removeFirst() }
        }
        let parts = digits.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty }), let first = digits.first,
            first != UInt8(ascii: "-"), first != UInt8(ascii: "+")
        else { return nil }
        return Int(sign + String(decoding: parts.joined(), as: UTF8.self), radix: radix)
    }

    private static let prefixes = [
        2: UInt8(ascii: "b"), 8: UInt8(ascii: "o"), 16: UInt8(ascii: "x"),
    ]

    /// `float(text)`.
    static func double(_ text: String) -> Double? {
        let trimmed = PythonString.strip(text)
        switch PythonString.lowercased(trimmed) {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        let units = trimmed.utf8
        // Swift also reads hexadecimal floats, which Python does not.
        guard units.allSatisfy({ "0123456789+-.eE_".utf8.contains($0) }) else { return nil }
        let parts = units.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        func isDigit(_ unit: UInt8?) -> Bool { unit.map { (0x30...0x39).contains($0) } ?? false }
        guard zip(parts, parts.dropFirst()).allSatisfy({ isDigit($0.last) && isDigit($1.first) })
        else { return nil }
        let plain = trimmed.filter { $0 != "_" }
        // Python reads "5." and ".5"; Swift wants digits on both sides.
        return Double(plain) ?? Double(plain + "0") ?? Double("0" + plain)
    }
}
