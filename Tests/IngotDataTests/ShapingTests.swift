// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotData

@Suite("FieldTemplate")
struct FieldTemplateTests {
    @Test("fills in fields, keeps doubled braces, and tells the values apart from the text")
    func fill() throws {
        let template = try FieldTemplate(parsing: "{{x}} {a}, { b }{a}.", path: "p")
        #expect(template.fields == ["a", "b"])
        guard case .filled(let text, let values) = template.fill({ $0 == "a" ? "1" : "2" }) else {
            Issue.record("not filled")
            return
        }
        #expect(text == "{x} 1, 21.")
        #expect(values == "1\n2\n1")
    }

    @Test("says which field is missing")
    func missing() throws {
        let template = try FieldTemplate(parsing: "{a}{b}", path: "p")
        guard case .missing("b") = template.fill({ $0 == "a" ? "1" : nil }) else {
            Issue.record("not missing")
            return
        }
    }

    @Test(
        "refuses unbalanced braces",
        arguments: [
            ("x {a", "p: a '{' is never closed: write '{{' for a brace"),
            ("x {}", "p: '{}' names no field: write '{{}}' for braces"),
            ("x } y", "p: a '}' without '{': write '}}' for a brace"),
        ]
    )
    func unbalanced(text: String, message: String) {
        #expect { try FieldTemplate(parsing: text, path: "p") } throws: { "\($0)" == message }
    }
}

@Suite("Derivation")
struct DerivationTests {
    private func derive(_ json: JSONValue, _ fields: [(String, String)]) throws -> String? {
        var reader = try FieldReader(json, path: "d")
        let derivation = try Derivation(&reader)
        return derivation.value(
            in: SourceRecord(
                content: .fields(fields.map { .init(name: $0.0, text: $0.1) }),
                location: SourceLocation(file: "f", line: 1, digest: Digest.of("x"))
            )
        )
    }

    @Test("takes the last part, the part before, the first line and the first field that is there")
    func transforms() throws {
        let section: JSONValue = ["field": "s", "last_of": "/"]
        #expect(try derive(section, [("s", "contrib/net")]) == "net")
        #expect(try derive(section, [("s", "net")]) == "net")
        #expect(try derive(section, [("s", "net/")]) == nil)
        #expect(try derive(section, [("t", "net")]) == nil)
        let source: JSONValue = ["first": ["Source", "Package"], "before": " ("]
        #expect(try derive(source, [("Package", "a"), ("Source", "b (1.2)")]) == "b")
        #expect(try derive(source, [("Package", "a"), ("Source", "")]) == "a")
        let line: JSONValue = ["field": "d", "first_line": true]
        #expect(try derive(line, [("d", " one é\r\ntwo")]) == "one é")
    }

    @Test(
        "refuses a derivation without a field, with two, or with an empty text",
        arguments: [
            "{}", #"{"field":"a","first":["b"]}"#, #"{"first":[]}"#, #"{"field":"a","before":""}"#,
        ]
    )
    func malformed(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect { try derive(json, []) } throws: { "\($0)".hasPrefix("d: ") }
    }
}

@Suite("ChatShape")
struct ChatShapeTests {
    private func turns(_ text: String) throws -> [String] {
        let json = try JSONValue(parsing: text)
        let shape = try #require(ChatShape(of: json))
        return try shape.messages(in: json).map { "\($0.role.rawValue):\($0.content)" }
    }

    @Test("reads the four shapes")
    func shapes() throws {
        #expect(
            try turns(
                #"""
                {"messages":[{"role":"system","content":"s"},{"role":"user","content":
                [{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                {"role":"assistant","content":"c"}]}
                """#
            ) == ["system:s", "user:ab", "assistant:c"]
        )
        #expect(
            try turns(
                #"""
                {"system":"s","conversations":[{"from":"human","value":"q"},
                {"from":"gpt","value":"a"}]}
                """#
            ) == ["system:s", "user:q", "assistant:a"]
        )
        #expect(try turns(#"{"prompt":"q","completion":"a"}"#) == ["user:q", "assistant:a"])
        #expect(
            try turns(#"{"instruction":"i","input":"x","output":"o"}"#)
                == ["user:i\nx", "assistant:o"]
        )
        #expect(
            try turns(#"{"instruction":"i","input":"","output":"o","system":"s"}"#)
                == ["system:s", "user:i", "assistant:o"]
        )
        #expect(ChatShape(of: ["text": "x"]) == nil)
    }

    @Test(
        "refuses a conversation that is not one",
        arguments: [
            (#"{"messages":"x"}"#, "messages is not a list"),
            (#"{"messages":[]}"#, "the last turn is not an answer of the assistant"),
            (
                #"{"messages":[{"role":"user","content":"q"}]}"#,
                "the last turn is not an answer of the assistant"
            ),
            (
                #"{"messages":[{"role":"robot","content":"q"}]}"#,
                "messages[0].role is not a known role"
            ),
            (
                #"{"messages":[{"role":"user","content":3}]}"#, "messages[0].content is not text"
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
                "messages[0].content is not text"
            ),
            (
                #"{"messages":[{"role":"assistant","content":"","tool_calls":[]}]}"#,
                "messages[0] calls tools, which is not supported"
            ),
            (#"{"prompt":["q"],"completion":"a"}"#, "prompt is not text"),
        ]
    )
    func malformed(text: String, message: String) {
        #expect { try turns(text) } throws: { "\($0)" == message }
    }
}

@Suite("Cleaning")
struct CleaningTests {
    struct Case: CustomTestStringConvertible {
        let dirty: String
        let clean: String
        var testDescription: String { clean }
    }

    @Test(
        "normalises, removes controls and trims",
        arguments: [
            Case(dirty: "plain", clean: "plain"),
            Case(dirty: "  a\tb \n", clean: "a\tb"),
            Case(dirty: "a\r\nb\rc\nd", clean: "a\nb\nc\nd"),
            Case(dirty: "a\u{0}b\u{7F}c\u{85}d\u{1B}[0m", clean: "abcd[0m"),
            Case(dirty: "\u{FEFF}x\u{A0}", clean: "x"),
            Case(dirty: "e\u{301}", clean: "\u{E9}"),
            Case(dirty: "\u{212B}", clean: "\u{C5}"),
            Case(dirty: "\u{1100}\u{1161}", clean: "\u{AC00}"),
            Case(dirty: " \u{3000} ", clean: ""),
        ]
    )
    func clean(item: Case) {
        // Bytes: String == would take the two normal forms for equal.
        #expect(Array(item.dirty.cleaned().utf8) == Array(item.clean.utf8))
    }
}

@Suite("Glob")
struct GlobTests {
    @Test(
        "matches",
        arguments: [
            ("*.jsonl", "a.jsonl", true), ("*.jsonl", "b/a.jsonl", false),
            ("**", "b/a.jsonl", true), ("**.jsonl", "b/a.jsonl", true),
            ("b/*", "b/a", true), ("b/*", "b/c/a", false), ("a", "a", true), ("a", "ab", false),
            ("*a*b*", "xxaxxbxx", true), ("", "a", false),
        ]
    )
    func matches(pattern: String, path: String, expected: Bool) {
        #expect(Glob(pattern).matches(path) == expected)
    }
}
