// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A page of headings with labelled lines: what every readable form of an audit is made from.
package struct AuditPage: Sendable {
    package struct Section: Sendable {
        package let heading: String
        package internal(set) var rows: [Row] = []

        init(_ heading: String) { self.heading = heading }

        mutating func add(_ label: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            rows.append(.field(label: label, value: value))
        }

        mutating func add(_ line: String) { rows.append(.line(line)) }

        /// Rows whose cells stand below one another.
        mutating func add(table: [[String]]) {
            rows += TextTable(rows: table).lines.map { .line($0) }
        }
    }

    package enum Row: Sendable {
        case field(label: String, value: String)
        case line(String)
        case gap
    }

    package let title: String
    package internal(set) var sections: [Section]

    /// The page as text.
    ///
    /// - Parameter isStyled: whether headings are bold, for a terminal.
    /// - Returns: lines that end in newlines; what users wrote cannot move the cursor.
    package func text(isStyled: Bool) -> String {
        var output = Self.heading(title, isStyled: isStyled) + "\n"
        for section in sections where !section.rows.isEmpty {
            if !section.heading.isEmpty {
                output += "\n" + Self.heading(section.heading, isStyled: isStyled) + "\n"
            }
            let width =
                section.rows.compactMap { row -> Int? in
                    if case .field(let label, _) = row { label.count } else { nil }
                }.max() ?? 0
            for row in section.rows { output += Self.text(of: row, labelWidth: width) + "\n" }
        }
        return output
    }

    private static func heading(_ text: String, isStyled: Bool) -> String {
        let safe = escaped(text)
        return isStyled ? "\u{1B}[1m\(safe)\u{1B}[0m" : safe
    }

    private static func text(of row: Row, labelWidth: Int) -> String {
        switch row {
        case .gap: return ""
        case .line(let line): return "  " + escaped(line)
        case .field(let label, let value):
            let padding = String(repeating: " ", count: labelWidth - label.count)
            return "  " + escaped(label) + padding + "  " + escaped(value)
        }
    }

    /// Shows control characters and those that reorder text, instead of sending them to a terminal.
    static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                output += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
