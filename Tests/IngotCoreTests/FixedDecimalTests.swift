// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("FixedDecimal")
struct FixedDecimalTests {
    @Test(
        "rounds and pads",
        arguments: [
            (1.005, 2, "1.00"), (0.5, 0, "1"), (-0.04, 1, "0.0"), (-1.25, 1, "-1.3"),
            (12.3456, 4, "12.3456"), (3, 2, "3.00"), (.infinity, 2, "inf"), (1e20, 1, "1e+20"),
            (1e14, 15, "100000000000000.0"),
        ]
    )
    func text(value: Double, places: Int, expected: String) {
        #expect(FixedDecimal.text(value, places) == expected)
    }
}
