// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("Spelling")
struct SpellingTests {
    @Test("finds the word that was meant")
    func nearest() {
        #expect(
            Spelling.nearest(to: "learning_rat", among: ["learning_rate", "rank"])
                == "learning_rate"
        )
        #expect(Spelling.nearest(to: "bananas", among: ["rank"]) == nil)
    }
}
