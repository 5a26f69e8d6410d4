// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("Printable text")
struct PrintableTextTests {
    @Test("shows what terminals obey instead of sending it")
    func control() {
        let text = "a\u{1B}[31mb\r\n\u{7}\u{9B}é\u{301}"
        #expect(PrintableText.line(text) == #"a\x1b[31mb\x0d\x0a\x07\x9bé"# + "\u{301}")
        #expect(PrintableText.lines("one\ntwo\t") == "one\ntwo\\x09")
    }
}
