// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

extension RecordReader {
    func readJSONLines(_ body: (SourceRecord) throws -> Void) throws {
        var lines = LineScanner(bytes, from: start)
        while let range = lines.next() {
            guard bytes[range].contains(where: { !Self.isSpace($0) }) else { continue }
            try readObject(range, line: lines.line, body)
        }
    }

    /// Cuts the array into its elements by brackets and quotes; each is then parsed strictly, so
    /// the cut need not be.
    func readJSONArray(_ body: (SourceRecord) throws -> Void) throws {
        var cursor = JSONCursor(bytes: bytes, index: start)
        cursor.skipSpace()
        guard cursor.take(UInt8(ascii: "[")) else {
            throw DataError(
                file: file,
                line: cursor.line,
                "expected '[', the start of an array of objects; one object a line is format jsonl"
            )
        }
        cursor.skipSpace()
        if cursor.take(UInt8(ascii: "]")) { return try finishArray(&cursor) }
        while true {
            cursor.skipSpace()
            let (begin, line) = (cursor.index, cursor.line)
            guard cursor.skipElement() else {
                throw DataError(
                    file: file,
                    line: line,
                    "the array ends within an element: the file is cut short"
                )
            }
            try readObject(begin..<cursor.index, line: line, body)
            cursor.skipSpace()
            if cursor.take(UInt8(ascii: "]")) { return try finishArray(&cursor) }
            guard cursor.take(UInt8(ascii: ",")) else {
                throw DataError(
                    file: file,
                    line: cursor.line,
                    "expected ',' or ']' after an element"
                )
            }
        }
    }

    private func finishArray(_ cursor: inout JSONCursor) throws {
        cursor.skipSpace()
        guard cursor.index == bytes.count else {
            throw DataError(file: file, line: cursor.line, "unexpected text after the array")
        }
    }

    private func readObject(
        _ range: Range<Int>,
        line: Int,
        _ body: (SourceRecord) throws -> Void
    ) throws {
        try checkRecord(byteCount: range.count, line: line)
        let json: JSONValue
        do {
            json = try JSONValue(parsing: Array(bytes[range]))
        } catch {
            throw DataError(
                file: file,
                line: line + error.line - 1,
                "not JSON: \(error.problem) at column \(error.column)"
            )
        }
        guard let members = json.object else {
            throw DataError(
                file: file,
                line: line,
                "expected a JSON object such as {\"prompt\": …}"
            )
        }
        try checkFields(members.count, line: line)
        try body(
            SourceRecord(content: .object(members), location: location(range, line: line))
        )
    }

    static func isSpace(_ unit: UInt8) -> Bool {
        unit == 0x20 || unit == 0x0A || unit == 0x0D || unit == 0x09
    }
}

/// Walks over JSON text and counts lines.
private struct JSONCursor {
    let bytes: [UInt8]
    private(set) var index: Int
    private(set) var line = 1

    init(bytes: [UInt8], index: Int) {
        self.bytes = bytes
        self.index = index
    }

    mutating func skipSpace() {
        while index < bytes.count, RecordReader.isSpace(bytes[index]) { advance() }
    }

    mutating func take(_ unit: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == unit else { return false }
        advance()
        return true
    }

    /// Stops before the `,` or `]` that ends the element; false at the end of the text.
    mutating func skipElement() -> Bool {
        var depth = 0
        var isQuoted = false
        while index < bytes.count {
            let unit = bytes[index]
            if isQuoted {
                if unit == UInt8(ascii: "\\") { advance() }
                if unit == UInt8(ascii: "\"") { isQuoted = false }
            } else {
                switch unit {
                case UInt8(ascii: "\""): isQuoted = true
                case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: "]"):
                    if depth <= 0 { return true }
                    depth -= 1
                case UInt8(ascii: ","): if depth <= 0 { return true }
                default: break
                }
            }
            advance()
        }
        return false
    }

    private mutating func advance() {
        guard index < bytes.count else { return }
        if bytes[index] == 0x0A { line += 1 }
        index += 1
    }
}
