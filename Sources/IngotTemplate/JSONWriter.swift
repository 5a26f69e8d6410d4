// SPDX-License-Identifier: Apache-2.0

/// Python's `json.dumps`, as `transformers` gives it to templates: no HTML escaping.
struct JSONWriter {
    /// A level of indentation, nil for everything on one line.
    let indent: String?
    let itemSeparator: String
    let keySeparator: String
    let sortsKeys: Bool
    let escapesNonASCII: Bool
    private(set) var output: TextWriter

    init(
        indent: String?,
        separators: (item: String, key: String)?,
        sortsKeys: Bool,
        escapesNonASCII: Bool,
        byteLimit: Int
    ) {
        self.indent = indent
        itemSeparator = separators?.item ?? (indent == nil ? ", " : ",")
        keySeparator = separators?.key ?? ": "
        self.sortsKeys = sortsKeys
        self.escapesNonASCII = escapesNonASCII
        output = TextWriter(byteLimit: byteLimit)
    }

    mutating func write(_ value: TemplateValue, level: Int = 0) throws(TemplateFault) {
        switch value {
        case .null: try output.write("null")
        case .bool(let value): try output.write(value ? "true" : "false")
        case .integer(let value): try output.write(String(value))
        case .number(let value): try output.write(Self.text(of: value))
        case .string(let text), .markup(let text): try write(text)
        case .list(let list), .tuple(let list): try write(list.elements, level: level)
        case .dictionary(let dictionary): try write(dictionary, level: level)
        case .undefined(let reason): throw .undefined(reason)
        default: throw .type("a \(value.kindName) has no JSON text; use '|list' before '|tojson'")
        }
    }

    private static func text(of value: Double) -> String {
        guard !value.isFinite else { return PythonNumber.text(of: value) }
        return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }

    private mutating func write(_ elements: [TemplateValue], level: Int) throws(TemplateFault) {
        guard !elements.isEmpty else { return try output.write("[]") }
        try output.write("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { try output.write(itemSeparator) }
            try newLine(level + 1)
            try write(element, level: level + 1)
        }
        try newLine(level)
        try output.write("]")
    }

    private mutating func write(
        _ dictionary: TemplateDictionary,
        level: Int
    ) throws(TemplateFault) {
        guard dictionary.count > 0 else { return try output.write("{}") }
        try output.write("{")
        var members: [(key: String, value: TemplateValue)] = []
        for (key, value) in zip(dictionary.keys, dictionary.values) {
            members.append((try Self.key(key), value))
        }
        if sortsKeys {
            members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }
        for (index, member) in members.enumerated() {
            if index > 0 { try output.write(itemSeparator) }
            try newLine(level + 1)
            try write(member.key)
            try output.write(keySeparator)
            try write(member.value, level: level + 1)
        }
        try newLine(level)
        try output.write("}")
    }

    private static func key(_ value: TemplateValue) throws(TemplateFault) -> String {
        switch value {
        case .string(let text), .markup(let text): return text
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .number(let value): return text(of: value)
        default: throw .type("a \(value.kindName) cannot be a key of JSON")
        }
    }

    private mutating func newLine(_ level: Int) throws(TemplateFault) {
        guard let indent else { return }
        try output.write("\n")
        for _ in 0..<level { try output.write(indent) }
    }

    private mutating func write(_ text: String) throws(TemplateFault) {
        try output.write("\"")
        // Most text needs no escapes and is copied at once.
        let needsEscapes = text.utf8.contains { unit in
            unit < 0x20 || unit == 0x22 || unit == 0x5C || (escapesNonASCII && unit >= 0x7F)
        }
        try output.write(needsEscapes ? escaped(text) : text)
        try output.write("\"")
    }

    private func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result.append(contentsOf: "\\\"".unicodeScalars)
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            case "\u{8}": result.append(contentsOf: "\\b".unicodeScalars)
            case "\u{C}": result.append(contentsOf: "\\f".unicodeScalars)
            default:
                if scalar.value < 0x20 || (escapesNonASCII && scalar.value >= 0x7F) {
                    for unit in UTF16.encode(scalar) ?? .init() {
                        let digits = String(unit, radix: 16)
                        let zeros = String(repeating: "0", count: 4 - digits.utf8.count)
                        result.append(contentsOf: ("\\u" + zeros + digits).unicodeScalars)
                    }
                } else {
                    result.append(scalar)
                }
            }
        }
        return String(result)
    }
}

extension Interpreter {
    func toJSON(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(
            to: "ensure_ascii",
            "indent",
            "separators",
            "sort_keys",
            of: "tojson"
        )
        var indent: String?
        switch values[1] ?? .null {
        case .null: break
        case let width:
            if let text = width.text {
                indent = text
            } else if let count = width.asInteger {
                guard count <= 256 else { throw .type("tojson indents by at most 256 blanks") }
                indent = String(repeating: " ", count: max(0, count))
            } else {
                throw .type("tojson needs a number for 'indent', not \(width.kindName)")
            }
        }
        var writer = JSONWriter(
            indent: indent,
            separators: try separators(values[2] ?? .null),
            sortsKeys: values[3]?.isTrue ?? false,
            escapesNonASCII: values[0]?.isTrue ?? false,
            byteLimit: limits.textByteCount
        )
        try writer.write(value)
        return try makeString(writer.output.text)
    }

    private func separators(
        _ value: TemplateValue
    ) throws(TemplateFault) -> (item: String, key: String)? {
        if case .null = value { return nil }
        let parts = try elements(of: value)
        guard parts.count == 2, let item = parts[0].text, let key = parts[1].text else {
            throw .type("tojson needs two strings as 'separators'")
        }
        return (item, key)
    }
}
