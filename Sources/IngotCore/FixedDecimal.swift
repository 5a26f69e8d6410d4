// SPDX-License-Identifier: Apache-2.0

/// Decimal text with a fixed number of places, without a locale and without Foundation.
package enum FixedDecimal {
    /// The value with `places` digits after the point, 0 to 15.
    package static func text(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15, (0...15).contains(places) else {
            return "\(value)"
        }
        var scale: UInt64 = 1
        for _ in 0..<places { scale *= 10 }
        guard let scaled = UInt64(exactly: (abs(value) * Double(scale)).rounded()) else {
            return "\(value)"
        }
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: places - fraction.utf8.count)
        return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
    }
}
