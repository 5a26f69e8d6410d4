// SPDX-License-Identifier: Apache-2.0

/// CSV and TSV: RFC 4180. A field in quotes may hold separators, line breaks and doubled quotes;
/// a quote inside an unquoted field is refused, because guessing there loses data.
extension RecordReader {
    func readDelimited(
        by separator: UInt8,
        _ body: (SourceRecord) throws -> Void
    ) throws {
        var parser = DelimitedParser(reader: self, separator: separator)
        guard let header = try parser.nextRow() else { return }
        try checkHeader(header)
        while let row = try parser.nextRow() {
            // A blank line holds one empty field; with one column it would be a record.
            if row.fields == [""], header.fields.count > 1 { continue }
            guard row.fields.count == header.fields.count else {
                throw DataError(
                    file: file,
                    line: row.line,
                    "\(row.fields.count) fields, but the header names \(header.fields.count): "
                        + "put a field that holds separators or line breaks in quotes"
                )
            }
            let fields = zip(header.fields, row.fields)
                .map { SourceRecord.Field(name: $0, text: $1) }
            try body(
                SourceRecord(
                    content: .fields(fields),
                    location: location(row.range, line: row.line)
                )
            )
        }
    }

    private func checkHeader(_ header: DelimitedParser.Row) throws {
        var seen = Set<String>()
        for (index, name) in header.fields.enumerated() {
            guard !name.isEmpty else {
                throw DataError(
                    file: file,
                    line: header.line,
                    "column \(index + 1) has no name: the first row must name the columns"
                )
            }
            guard seen.insert(name).inserted else {
                throw DataError(file: file, line: header.line, "two columns are named '\(name)'")
            }
        }
    }
}

private struct DelimitedParser {
    struct Row {
        var fields: [String]
        let line: Int
        /// Of the file's bytes, without the line ending.
        var range: Range<Int>
    }

    private let reader: RecordReader
    private let separator: UInt8
    private var index: Int
    private var line = 1

    init(reader: RecordReader, separator: UInt8) {
        self.reader = reader
        self.separator = separator
        index = reader.start
    }

    mutating func nextRow() throws -> Row? {
        guard index < reader.bytes.count else { return nil }
        var row = Row(fields: [], line: line, range: index..<index)
        let start = index
        while true {
            row.fields.append(try nextField(of: row.line))
            try reader.checkFields(row.fields.count, line: row.line)
            try reader.checkRecord(byteCount: index - start, line: row.line)
            row.range = start..<index
            guard index < reader.bytes.count else { return row }
            if reader.bytes[index] == separator {
                index += 1
                continue
            }
            if reader.bytes[index] == 0x0D { index += 1 }
            index += 1
            line += 1
            return row
        }
    }

    /// Ends before a separator or a line ending.
    private mutating func nextField(of row: Int) throws -> String {
        guard index < reader.bytes.count, reader.bytes[index] == UInt8(ascii: "\"") else {
            return try nextPlainField()
        }
        let opening = line
        var content: [UInt8] = []
        index += 1
        while index < reader.bytes.count {
            let unit = reader.bytes[index]
            index += 1
            if unit == UInt8(ascii: "\"") {
                guard index < reader.bytes.count, reader.bytes[index] == UInt8(ascii: "\"")
                else {
                    guard isAtEndOfField else {
                        throw DataError(
                            file: reader.file,
                            line: line,
                            "text follows a closing quote: double a quote inside quotes"
                        )
                    }
                    return String(decoding: content, as: UTF8.self)
                }
                index += 1
            } else if unit == 0x0A {
                line += 1
            }
            content.append(unit)
            try reader.checkRecord(byteCount: content.count, line: row)
        }
        throw DataError(
            file: reader.file,
            line: opening,
            "a quote is opened here and never closed: double it if it is meant literally"
        )
    }

    private mutating func nextPlainField() throws -> String {
        let start = index
        while !isAtEndOfField {
            guard reader.bytes[index] != UInt8(ascii: "\"") else {
                throw DataError(
                    file: reader.file,
                    line: line,
                    "a quote inside a field that does not start with one: put the whole field in "
                        + "quotes and double the quote"
                )
            }
            index += 1
        }
        return reader.text(start..<index)
    }

    private var isAtEndOfField: Bool {
        let bytes = reader.bytes
        guard index < bytes.count else { return true }
        if bytes[index] == separator || bytes[index] == 0x0A { return true }
        return bytes[index] == 0x0D && (index + 1 == bytes.count || bytes[index + 1] == 0x0A)
    }
}
