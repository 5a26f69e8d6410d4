// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@Suite struct TextTableTests {
    @Test("cells stand below one another, and no line ends in spaces")
    func aligned() {
        var table = TextTable(["NAME", "N", "TAGS"])
        table.add(["größer", "10", ""])
        table.add(["a", "1", "latest"])
        table.add(["short"])
        #expect(table.lines == ["NAME    N   TAGS", "größer  10", "a       1   latest", "short"])
        #expect(TextTable(rows: []).text.isEmpty)
    }
}
