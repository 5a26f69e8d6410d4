// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Parses the form of RFC 9110 §5.6.7 that is sent today: `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// The name of the day is not compared with the date.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard text.utf8.count == 29, parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT",
            let month = Self.months.firstIndex(where: { $0 == parts[2] })
        else { return nil }
        let digits = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init(parsing: "\(parts[3])-\(digits)-\(parts[1])T\(parts[4])Z")
    }
}
