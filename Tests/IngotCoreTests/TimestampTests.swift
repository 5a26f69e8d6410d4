// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "prints and parses RFC 3339 in whole seconds",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"), (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (-62_167_219_200, "0000-01-01T00:00:00Z"),
        ]
    )
    func roundTrip(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).description == text)
        #expect(Timestamp(parsing: text)?.seconds == seconds)
    }

    @Test(
        "refuses other texts",
        arguments: [
            "", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05.1Z",
            "2026-01-02T03:04:60Z", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z",
            "2026-01-02t03:04:05z", "2026-00-02T03:04:05Z", "2026-01-02T24:00:00Z",
        ]
    )
    func refusal(text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }
}
