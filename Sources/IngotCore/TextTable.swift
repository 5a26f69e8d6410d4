// SPDX-License-Identifier: Apache-2.0

/// Rows whose cells stand below one another, aligned with spaces, for people.
package struct TextTable: Sendable {
    private var rows: [[String]]

    package init(_ header: [String]) { rows = [header] }

    package init(rows: [[String]]) { self.rows = rows }

    package mutating func add(_ row: [String]) { rows.append(row) }

    /// Without spaces at the ends.
    package var lines: [String] {
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    package var text: String { lines.joined(separator: "\n") }
}
