// SPDX-License-Identifier: Apache-2.0

/// Text with fields in braces: `Which section holds this package? {Description}`.
///
/// A literal brace is written twice.
package struct FieldTemplate: Sendable {
    enum Part: Sendable {
        case literal(String)
        case field(String)
    }

    let parts: [Part]

    /// In order of first use.
    let fields: [String]

    /// - Throws: `DataError` that starts with `path`, the template's place in the recipe.
    package init(parsing text: String, path: String) throws(DataError) {
        var parts: [Part] = []
        var literal = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character == "{", rest.first != "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw DataError("\(path): a '{' is never closed: write '{{' for a brace")
                }
                let name = Self.trimmed(rest[..<end])
                guard !name.isEmpty else {
                    throw DataError("\(path): '{}' names no field: write '{{}}' for braces")
                }
                if !literal.isEmpty { parts.append(.literal(literal)) }
                parts.append(.field(name))
                literal = ""
                rest = rest[rest.index(after: end)...]
            } else {
                if character == "{" || character == "}" {
                    guard rest.first == character else {
                        throw DataError("\(path): a '}' without '{': write '}}' for a brace")
                    }
                    rest.removeFirst()
                }
                literal.append(character)
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
        var fields: [String] = []
        for case .field(let name) in parts where !fields.contains(name) { fields.append(name) }
        self.fields = fields
    }

    /// The text and, apart from it, the values alone: what tells two rows apart.
    func fill(_ value: (String) -> String?) -> FilledTemplate {
        var text = ""
        var values: [String] = []
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .field(let name):
                guard let value = value(name) else { return .missing(name) }
                text += value
                values.append(value)
            }
        }
        return .filled(text: text, values: values.joined(separator: "\n"))
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

enum FilledTemplate {
    case filled(text: String, values: String)
    /// The record has no such field, or an empty one.
    case missing(String)
}
