// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotTemplate

@Suite struct TemplateValueTests {
    private static func json(_ value: TemplateValue) throws -> String {
        try ChatTemplate(source: "{{ v | tojson }}").render(["v": value])
    }

    @Test("keeps the order of members of a JSON text")
    func keepsOrder() throws {
        let text = #"{"z": 1, "a": {"y": [1.5, "\"}]\\", null], "b": {}}, "": true, "é": []}"#
        #expect(try Self.json(TemplateValue(parsingJSON: Array(text.utf8))) == text)
    }

    @Test("sorts the members of a value that has no order")
    func sortsMembers() throws {
        #expect(
            try Self.json(TemplateValue(["z": 1, "a": ["y": 2, "b": 3]]))
                == #"{"a": {"b": 3, "y": 2}, "z": 1}"#
        )
    }

    @Test(
        "reads all kinds of JSON",
        arguments: ["1", "-1.5e3", " [ ] ", "true", "null", #""\u00e9""#]
    )
    func readsKinds(_ text: String) throws {
        let expected = try TemplateValue(JSONValue(parsing: text))
        #expect(try Self.json(TemplateValue(parsingJSON: Array(text.utf8))) == Self.json(expected))
    }

    @Test("refuses what is not strict JSON", arguments: ["", "[1,]", #"{"a":1,"a":2}"#, "[1] x"])
    func refusesBadJSON(_ text: String) {
        #expect(throws: JSONError.self) { try TemplateValue(parsingJSON: Array(text.utf8)) }
    }

    @Test("takes equal numbers for one key and different scalars for two")
    func comparesKeys() {
        var dictionary = TemplateDictionary()
        dictionary.set(.integer(1), to: .string("a"))
        dictionary.set(.bool(true), to: .string("b"))
        dictionary.set(.number(1), to: .string("c"))
        #expect(dictionary.count == 1)
        dictionary.set(.string("e\u{301}"), to: .null)
        dictionary.set(.string("\u{E9}"), to: .null)
        #expect(dictionary.count == 3)
    }
}
