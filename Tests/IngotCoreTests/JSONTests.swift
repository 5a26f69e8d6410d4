// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("JSON")
struct JSONTests {
    @Test(
        "writes one text for a value",
        arguments: [
            (#" { "b" : 1 , "a" : [ true , null , "x" ] } "#, #"{"a":[true,null,"x"],"b":1}"#),
            (#""\u0041\u00e9\ud83d\ude00\n\u0001\/""#, "\"A\u{e9}\u{1F600}\\n\\u0001/\""),
            ("-0", "0"), ("1.50", "1.5"), ("9223372036854775807", "9223372036854775807"),
        ]
    )
    func canonical(text: String, expected: String) throws {
        #expect(try JSONValue(parsing: text).canonicalText == expected)
    }

    @Test("sorts keys by bytes, not by characters")
    func keyOrder() throws {
        let value: JSONValue = ["\u{FF5E}": 1, "\u{1F600}": 2, "a": 3]
        #expect(value.canonicalText == "{\"a\":3,\"\u{FF5E}\":1,\"\u{1F600}\":2}")
    }

    @Test(
        "refuses what is not strict JSON, and says where",
        arguments: [
            ("", 1), ("{", 1), ("[1,]", 1), ("{\"a\":1,}", 1), ("\n\n[01]", 3), ("1 2", 1),
            ("{\"a\":1,\n\"a\":2}", 2), ("\"\\ud800\"", 1), ("\"\\x\"", 1), ("[1e999]", 1),
            ("NaN", 1), ("\"\u{1}\"", 1), ("{'a':1}", 1), ("tru", 1), ("-", 1), ("1.", 1),
        ]
    )
    func refusal(text: String, line: Int) {
        #expect {
            try JSONValue(parsing: text)
        } throws: {
            ($0 as? JSONError)?.line == line
        }
    }

    @Test("refuses invalid UTF-8")
    func encoding() {
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: [UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\"")])
        }
    }

    @Test("accepts the depth limit and refuses one level more")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        _ = try JSONValue(parsing: nested(64))
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65)) }
    }
}
