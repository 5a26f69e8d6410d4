// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotYAML

@Suite("YAMLDocument")
struct YAMLDocumentTests {
    private func parse(_ text: String) throws -> JSONValue {
        try YAMLDocument.parse(Array(text.utf8))
    }

    @Test("reads the core schema of YAML 1.2")
    func scalars() throws {
        let value = try parse("a: 1\nb: 1.5\nc: yes\nd: true\ne: ~\nf: '1'\ng: [x, -2]\nh: 1e-3\n")
        #expect(value["a"] == 1)
        #expect(value["b"] == 1.5)
        #expect(value["c"] == "yes")
        #expect(value["d"] == true)
        #expect(value["e"] == .null)
        #expect(value["f"] == "1")
        #expect(value["g"] == ["x", -2])
        #expect(value["h"] == 0.001)
    }

    @Test("a few aliases are read, but not enough of them to multiply without end")
    func aliases() throws {
        let value = try parse("a: &a [1, '*.deb']\nb: *a\nc: 2 * 3\n")
        #expect(value["b"] == [1, "*.deb"])
        var bomb = "a0: &a0 {x: 1}\n"
        for level in 1..<40 {
            bomb += "a\(level): &a\(level) {p: *a\(level - 1), q: *a\(level - 1)}\n"
        }
        let error = #expect(throws: YAMLError.self) { try parse(bomb + "? *a39\n: 1\n") }
        #expect(error?.message == "line 18: more than 32 aliases")
    }

    @Test(
        "refuses what is not a configuration, and says where",
        arguments: [
            ("a: 1\na: 2\n", "'a'"), ("a: !!python/x {}\n", "tag"), ("a: !!x [1]\n", "tag"),
            ("b: 1\na: 1\na: 2\n", "line"), ("a: [1\n", "line"), ("a: !!python/x 1\n", "tag"),
            ("", "empty"), ("a: \u{1}\n", ""), ("? [a]\n: 1\n", "plain word"),
        ]
    )
    func refusal(text: String, part: String) {
        #expect {
            try parse(text)
        } throws: {
            ($0 as? YAMLError)?.message.contains(part) ?? false || part.isEmpty
        }
    }

    @Test("does not expand a bomb of aliases")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<8 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(throws: YAMLError.self) { try parse(text) }
    }
}
