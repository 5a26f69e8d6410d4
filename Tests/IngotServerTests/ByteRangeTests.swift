// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotServer

@Suite("Byte ranges")
struct ByteRangeTests {
    @Test(
        "understands one range, clamps its end, and refuses what lies outside",
        arguments: [
            ("bytes=500-1499", ByteRange.part(500..<1500)), ("bytes=500-", .part(500..<2000)),
            ("bytes=-500", .part(1500..<2000)), ("bytes=1999-5000", .part(1999..<2000)),
            ("bytes=-9000", .part(0..<2000)), ("bytes=500-0", .unsatisfiable),
            ("bytes=2000-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=0-1,5-6", .ignored), ("lines=1-2", .ignored), ("bytes=a-b", .ignored),
            ("bytes=-", .ignored), ("bytes=0-9223372036854775807", .part(0..<2000)),
            ("bytes=99999999999999999999-", .ignored),
        ]
    )
    func ranges(_ text: String, _ expected: ByteRange) {
        #expect(ByteRange(parsing: text, of: 2000) == expected)
    }

    @Test("an empty blob has no part")
    func empty() {
        #expect(ByteRange(parsing: "bytes=0-", of: 0) == .unsatisfiable)
        #expect(ByteRange(parsing: "bytes=-5", of: 0) == .unsatisfiable)
    }
}
