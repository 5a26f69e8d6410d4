// SPDX-License-Identifier: Apache-2.0

/// Python's `str` operations.
///
/// Positions and lengths count Unicode scalars; equality is by scalars, never Swift's canonical
/// equivalence.
enum PythonString {
    static func areEqual(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    static func length(of text: String) -> Int { text.unicodeScalars.count }

    /// Elements as `list(text)` gives them.
    static func characters(of text: String) -> [TemplateValue] {
        text.unicodeScalars.map { .string(String($0)) }
    }

    static func strip(
        _ text: String,
        leading: Bool = true,
        trailing: Bool = true,
        characters: String? = nil
    ) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool {
            if let set { set.contains(scalar) } else { scalar.isPythonSpace }
        }
        var rest = text.unicodeScalars[...]
        if leading { rest = rest.drop(while: isStripped) }
        if trailing {
            while let last = rest.last, isStripped(last) { rest.removeLast() }
        }
        return String(rest)
    }

    static func hasPrefix(_ text: String, _ prefix: String) -> Bool {
        text.utf8.starts(with: prefix.utf8)
    }

    static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
        text.utf8.count >= suffix.utf8.count
            && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// `text.split()`: on runs of white space.
    static func splitOnSpace(_ text: String, limit: Int) -> [String] {
        var parts: [String] = []
        var rest = text.unicodeScalars.drop { $0.isPythonSpace }
        while !rest.isEmpty, limit < 0 || parts.count < limit {
            let word = rest.prefix { !$0.isPythonSpace }
            parts.append(String(word))
            rest = rest[word.endIndex...].drop { $0.isPythonSpace }
        }
        if !rest.isEmpty { parts.append(String(rest)) }
        return parts
    }

    /// `text.rsplit()`: on runs of white space, from the end.
    static func splitOnSpaceFromEnd(_ text: String, limit: Int) -> [String] {
        guard limit >= 0 else { return splitOnSpace(text, limit: -1) }
        let reversed = String(String.UnicodeScalarView(text.unicodeScalars.reversed()))
        return splitOnSpace(reversed, limit: limit).reversed().map { part in
            String(String.UnicodeScalarView(part.unicodeScalars.reversed()))
        }
    }

    /// `text.splitlines()`.
    static func lines(of text: String) -> [String] {
        var lines: [String] = []
        var current = String.UnicodeScalarView()
        var endsWithReturn = false
        for scalar in text.unicodeScalars {
            if endsWithReturn, scalar == "\n" {
                endsWithReturn = false
                continue
            }
            endsWithReturn = scalar == "\r"
            switch scalar.value {
            case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
                lines.append(String(current))
                current = String.UnicodeScalarView()
            default: current.append(scalar)
            }
        }
        if !current.isEmpty { lines.append(String(current)) }
        return lines
    }

    /// `repr(text)`.
    static func representation(of text: String) -> String {
        let holdsSingle = text.utf8.contains(UInt8(ascii: "'"))
        let holdsDouble = text.utf8.contains(UInt8(ascii: "\""))
        let quote: Unicode.Scalar = holdsSingle && !holdsDouble ? "\"" : "'"
        var output = String.UnicodeScalarView()
        output.append(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\":
                output.append("\\")
                output.append(scalar)
            case "\n": output.append(contentsOf: "\\n".unicodeScalars)
            case "\r": output.append(contentsOf: "\\r".unicodeScalars)
            case "\t": output.append(contentsOf: "\\t".unicodeScalars)
            default:
                if scalar.isPythonPrintable {
                    output.append(scalar)
                } else {
                    output.append(contentsOf: escape(scalar).unicodeScalars)
                }
            }
        }
        output.append(quote)
        return String(output)
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let (prefix, width) =
            scalar.value < 0x100
            ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
        return prefix + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// `markupsafe.escape(text)`.
    static func escapedForHTML(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output.append(contentsOf: "&amp;".unicodeScalars)
            case "<": output.append(contentsOf: "&lt;".unicodeScalars)
            case ">": output.append(contentsOf: "&gt;".unicodeScalars)
            case "'": output.append(contentsOf: "&#39;".unicodeScalars)
            case "\"": output.append(contentsOf: "&#34;".unicodeScalars)
            default: output.append(scalar)
            }
        }
        return String(output)
    }
}
