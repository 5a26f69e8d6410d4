// SPDX-License-Identifier: Apache-2.0

/// The one JSON text of a value: no white space, keys sorted by UTF-8 bytes, the shortest escapes.
///
/// Only `"`, `\` and control characters are escaped; everything else is literal UTF-8. Numbers that
/// are not integers are written as Swift's shortest round-trip text.
extension JSONValue {
    package var canonicalBytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output, indent: nil)
        return output
    }

    package var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }

    /// The same order of keys, two spaces a level: for people and for files under version control.
    package var prettyText: String {
        var output: [UInt8] = []
        write(to: &output, indent: 0)
        return String(decoding: output, as: UTF8.self)
    }

    private func write(to output: inout [UInt8], indent: Int?) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .number(let value): output += Self.text(of: value).utf8
        case .string(let value): Self.write(value, to: &output)
        case .array(let elements):
            Self.writeItems(elements, brackets: ("[", "]"), indent: indent, to: &output) {
                $0.write(to: &$1, indent: $2)
            }
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            Self.writeItems(sorted, brackets: ("{", "}"), indent: indent, to: &output) {
                Self.write($0.key, to: &$1)
                $1 += (indent == nil ? ":" : ": ").utf8
                $0.value.write(to: &$1, indent: $2)
            }
        }
    }

    private static func writeItems<Item>(
        _ items: [Item],
        brackets: (String, String),
        indent: Int?,
        to output: inout [UInt8],
        item write: (Item, inout [UInt8], Int?) -> Void
    ) {
        output += brackets.0.utf8
        let inner = indent.map { $0 + 1 }
        for (index, item) in items.enumerated() {
            if index > 0 { output += ",".utf8 }
            newLine(inner, to: &output)
            write(item, &output, inner)
        }
        if !items.isEmpty { newLine(indent, to: &output) }
        output += brackets.1.utf8
    }

    private static func newLine(_ indent: Int?, to output: inout [UInt8]) {
        guard let indent else { return }
        output += "\n".utf8
        output += repeatElement(UInt8(ascii: " "), count: indent * 2)
    }

    /// JSON has no text for infinities and NaN; they become null rather than an unreadable file.
    private static func text(of value: Double) -> String {
        value.isFinite ? "\(value)" : "null"
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for unit in text.utf8 {
            switch unit {
            case UInt8(ascii: "\""): output += "\\\"".utf8
            case UInt8(ascii: "\\"): output += "\\\\".utf8
            case 0x08: output += "\\b".utf8
            case 0x09: output += "\\t".utf8
            case 0x0A: output += "\\n".utf8
            case 0x0C: output += "\\f".utf8
            case 0x0D: output += "\\r".utf8
            case 0..<0x20: output += "\\u00\(Hex.encode([unit]))".utf8
            default: output.append(unit)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
