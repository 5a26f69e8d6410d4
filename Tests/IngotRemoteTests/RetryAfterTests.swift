// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotRemote

@Suite("Retry-After") struct RetryAfterTests {
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test(
        "is a number of seconds or a moment, by the date of the answer",
        arguments: [
            ("7", 7), ("0", 0), ("99999999", 1 << 20), ("-1", nil), ("soon", nil), ("", nil),
            ("Sun, 06 Nov 1994 08:50:07 GMT", 30), (date, 0), ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:61 GMT", nil), ("Sun, 06 Now 1994 08:50:07 GMT", nil),
            ("Sun, 6 Nov 1994 08:50:07 GMT", nil), ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
        ] as [(String, Int?)]
    )
    func parsing(text: String, seconds: Int?) {
        let found = RegistryFault.retryAfter(text, date: Self.date)
        #expect(found == seconds.map { .seconds($0) })
    }

    @Test("without a date it is by the clock here; a moment that is over is now")
    func ownClock() {
        #expect(RegistryFault.retryAfter(Self.date, date: nil) == .zero)
        #expect(RegistryFault.retryAfter("Sun, 06 Nov 2094 08:49:37 GMT", date: "?") != .zero)
    }
}
