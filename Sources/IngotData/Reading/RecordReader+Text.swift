// SPDX-License-Identifier: Apache-2.0

extension RecordReader {
    /// The name of the one field that a line of plain text has.
    package static let textField = "text"

    func readText(_ body: (SourceRecord) throws -> Void) throws {
        var lines = LineScanner(bytes, from: start)
        while let range = lines.next() {
            guard !range.isEmpty else { continue }
            try checkRecord(byteCount: range.count, line: lines.line)
            try body(
                SourceRecord(
                    content: .fields([.init(name: Self.textField, text: text(range))]),
                    location: location(range, line: lines.line)
                )
            )
        }
    }
}
