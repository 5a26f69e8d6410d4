// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotTemplate

/// A source and the text that jinja2 renders from it with `variables`.
struct Rendering: Sendable, CustomTestStringConvertible {
    let source: String
    let expected: String

    init(_ source: String, _ expected: String) {
        self.source = source
        self.expected = expected
    }

    var testDescription: String { source }

    static let variables: [String: TemplateValue] = [
        "d": .dictionary(
            TemplateDictionary([
                (key: "a", value: .integer(1)),
                (key: "b", value: .list(TemplateList([.integer(2), .string("x")]))),
                (key: "é", value: .null),
            ])
        ),
        "l": .list(TemplateList([.integer(1), .string("zwei"), .number(3)])),
        "s": .string(" Hello World "),
        "x": .string("X"),
    ]

    func check() throws {
        let text = try ChatTemplate(source: source).render(Self.variables) { "<\($0)>" }
        // Bytes, since Swift takes canonically equivalent texts for equal.
        #expect(text.utf8.elementsEqual(expected.utf8), "\(text.debugDescription)")
    }
}
