// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotModel

@Suite struct ModulePatternTests {
    struct Case: Sendable {
        let pattern: String
        let name: String
        let matches: Bool

        init(_ pattern: String, _ name: String, _ matches: Bool) {
            self.pattern = pattern
            self.name = name
            self.matches = matches
        }
    }

    private static let q0 = "model.layers.0.self_attn.q_proj"
    private static let q12 = "model.layers.12.self_attn.q_proj"

    /// Decided by Python: `re.match(rf"(.*\\.)?({pattern})$", name)`.
    static let cases = [
        Case("q_proj", q0, true),
        Case("_proj", q0, false),
        Case(".*_proj", q0, true),
        Case("self_attn.q_proj", q0, true),
        Case("attn.q_proj", q0, false),
        Case("layers.0.self_attn.q_proj", q0, true),
        Case("^layers.0.self_attn.q_proj", q0, false),
        Case("^model.layers.0.self_attn.q_proj", q0, true),
        Case("layers.1.*.q_proj", q12, true),
        Case("layers\\.1\\..*\\.q_proj", q12, false),
        Case("layers\\.1\\d?\\..*\\.q_proj", q12, true),
        Case("layers.(0|1).self_attn.[qkv]_proj", q0, true),
        Case("layers.(0|1).self_attn.[qkv]_proj", q12, false),
        Case("layers.(?:[0-9]|1[0-5]).self_attn.(q|k)_proj", q12, true),
        Case("layers.[^0-9].*", q12, false),
        Case("layers.\\d{2}.*", q12, true),
        Case("layers.\\d{2}\\..*", q0, false),
        Case("layers.\\d{1,}\\..*", q0, true),
        Case("q_proj$", q0, true),
        Case("q_projx", q0, false),
        Case("q_proj|v_proj", q0, true),
        Case("v_proj|", q0, false),
        Case("[]a]|.*q_proj", q0, true),
        Case("\\w+", q0, true),
        Case("(a*)*b|(.*?)+q_proj", q0, true),
    ]

    @Test("matches what Python's re matches", arguments: cases)
    func matches(test: Case) throws {
        #expect(try ModulePattern(parsing: test.pattern).matches(test.name) == test.matches)
    }

    @Test("a pattern that would take an engine that goes back exponential time takes none")
    func bounded() throws {
        for text in ["(((((a*)*)*)*)*)*c", "((((a?){256}){256}){256}){256}c"] {
            let pattern = try ModulePattern(parsing: text)
            #expect(!pattern.matches(String(repeating: "a", count: 200)))
            #expect(!pattern.matches(String(repeating: "b", count: 200)))
        }
    }

    @Test(
        "refuses what it does not understand",
        arguments: [
            "", "(", ")", "(a", "a)", "[a", "*a", "a**", "a{2", "a{3,2}", "a{999}", "(?=a)",
            "(?P<n>a)", "\\b", "\\1", "a\\", "[b-a]", "ä",
            String(repeating: "(", count: 20) + String(repeating: ")", count: 20),
            String(repeating: "a", count: 513),
        ]
    )
    func refuses(pattern: String) {
        #expect(throws: ModulePatternError.self) { _ = try ModulePattern(parsing: pattern) }
    }
}
