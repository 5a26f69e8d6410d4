// SPDX-License-Identifier: Apache-2.0

/// `'%.2f' % x`: the exact decimal expansion of a double, rounded half to even.
enum FixedPoint {
    /// Steps to charge: very small and very large numbers have hundreds of digits.
    static func cost(of value: Double) -> Int {
        value == 0 || (1e-15..<1e15).contains(value.magnitude) ? 64 : 8192
    }

    static func text(of value: Double, digits: Int) -> String {
        guard value.isFinite else { return PythonNumber.text(of: value) }
        // value = significand × 2^exponent, with a whole significand.
        let significand = value.magnitude.significandBitPattern
        let isNormal = value.isNormal
        let whole = isNormal ? significand | 1 << 52 : significand
        let exponent = (isNormal ? Int(value.magnitude.exponentBitPattern) : 1) - 1075
        var number = Decimal(whole)
        if exponent >= 0 {
            for _ in 0..<exponent { number.multiply(by: 2) }
            number.multiply(byPowerOfTen: digits)
        } else {
            // × 10^digits ÷ 2^n = × 5^n × 10^(digits - n): exact in decimal.
            for _ in 0..<(-exponent) { number.multiply(by: 5) }
            number.shift(dropping: -exponent - digits)
        }
        var text = number.text
        if digits > 0 {
            let missing = digits + 1 - text.utf8.count
            if missing > 0 { text = String(repeating: "0", count: missing) + text }
            text = String(text.dropLast(digits)) + "." + String(text.suffix(digits))
        }
        return (value.sign == .minus ? "-" : "") + text
    }

    /// A natural number of any length, decimal digits from the lowest.
    private struct Decimal {
        private var digits: [UInt8] = []

        init(_ value: UInt64) {
            var rest = value
            while rest > 0 {
                digits.append(UInt8(rest % 10))
                rest /= 10
            }
        }

        mutating func multiply(by factor: UInt8) {
            var carry: UInt8 = 0
            for index in digits.indices {
                let product = digits[index] * factor + carry
                digits[index] = product % 10
                carry = product / 10
            }
            if carry > 0 { digits.append(carry) }
        }

        mutating func multiply(byPowerOfTen power: Int) {
            digits.insert(contentsOf: repeatElement(0, count: power), at: 0)
        }

        /// Divides by 10^count, rounding half to even; a negative count multiplies.
        mutating func shift(dropping count: Int) {
            guard count > 0 else {
                multiply(byPowerOfTen: -count)
                return
            }
            let dropped = Array(digits.prefix(count))
            digits.removeFirst(min(count, digits.count))
            guard dropped.count == count, let first = dropped.last, first >= 5 else { return }
            let isHalf = first == 5 && dropped.dropLast().allSatisfy { $0 == 0 }
            if isHalf, (digits.first ?? 0) % 2 == 0 { return }
            var index = 0
            while index < digits.count, digits[index] == 9 {
                digits[index] = 0
                index += 1
            }
            if index < digits.count { digits[index] += 1 } else { digits.append(1) }
        }

        var text: String {
            var text = String(decoding: digits.reversed().map { $0 + 0x30 }, as: UTF8.self)
            while text.utf8.count > 1, text.utf8.first == 0x30 { text.removeFirst() }
            return text.utf8.isEmpty ? "0" : text
        }
    }
}
