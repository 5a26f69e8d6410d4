// SPDX-License-Identifier: Apache-2.0

/// A moment in whole seconds since 1970, UTC; text form `2026-01-02T03:04:05Z` (RFC 3339).
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let seconds: Int64

    /// Years 0000 to 9999, which the text form can hold; others are clamped to its ends.
    private static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    package init(seconds: Int64) {
        self.seconds = min(max(seconds, Self.range.lowerBound), Self.range.upperBound)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.seconds < right.seconds
    }

    package var description: String {
        var day = seconds / 86_400
        var second = seconds % 86_400
        if second < 0 {
            second += 86_400
            day -= 1
        }
        let date = Self.date(ofDay: day)
        return Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2) + "-"
            + Self.padded(date.day, 2) + "T" + Self.padded(second / 3600, 2) + ":"
            + Self.padded(second / 60 % 60, 2) + ":" + Self.padded(second % 60, 2) + "Z"
    }

    /// Parses exactly the form that `description` prints; nil for anything else.
    package init?(parsing text: String) {
        let units = Array(text.utf8)
        let separators = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "Z")]
        guard units.count == 20,
            separators.allSatisfy({ units[$0.0] == $0.1.utf8.first })
        else { return nil }
        var fields: [Int64] = []
        for range in [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19] {
            var value: Int64 = 0
            for unit in units[range] {
                guard (48...57).contains(unit) else { return nil }
                value = value * 10 + Int64(unit) - 48
            }
            fields.append(value)
        }
        let day = Self.day(year: fields[0], month: fields[1], day: fields[2])
        self.init(seconds: day * 86_400 + fields[3] * 3600 + fields[4] * 60 + fields[5])
        // A month of 13 or a second of 60 does not print as it was read.
        guard description.utf8.elementsEqual(units) else { return nil }
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    // Days since 1970-01-01 to dates of the proleptic Gregorian calendar and back, by counting in
    // eras of 400 years that start on 1 March: Hinnant, "chrono-compatible low-level date
    // algorithms".

    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
