// SPDX-License-Identifier: Apache-2.0

import IngotCatalog
import Testing

@testable import IngotDeploy

@Suite("Rollback")
struct RollbackTests {
    /// A move as `promote a` or `rollback a`.
    struct History: CustomTestStringConvertible, Sendable {
        let moves: [(Act, String)]
        let previous: String?
        var testDescription: String { moves.map { "\($0.0) \($0.1)" }.joined(separator: ", ") }
    }

    @Test(
        "goes back one standing promotion at a time",
        arguments: [
            History(moves: [(.promoted, "a")], previous: nil),
            History(moves: [(.promoted, "a"), (.promoted, "b")], previous: "a"),
            History(
                moves: [(.promoted, "a"), (.promoted, "b"), (.rolledBack, "a")],
                previous: nil
            ),
            History(
                moves: [
                    (.promoted, "a"), (.promoted, "b"), (.promoted, "c"), (.rolledBack, "b"),
                ],
                previous: "a"
            ),
            History(
                moves: [
                    (.promoted, "a"), (.promoted, "b"), (.rolledBack, "a"), (.promoted, "c"),
                ],
                previous: "a"
            ),
        ]
    )
    func previous(history: History) {
        let found = PromotionDoor.previous(in: history.moves.map { (act: $0.0, version: $0.1) })
        #expect(found == history.previous)
    }
}
