// SPDX-License-Identifier: Apache-2.0

/// Debian control stanzas, deb822(5): `Name: value`, continuation lines start with a space or a
/// tab, a line of one dot is an empty line of the value, stanzas are separated by empty lines.
extension RecordReader {
    func readStanzas(_ body: (SourceRecord) throws -> Void) throws {
        var lines = LineScanner(bytes, from: start)
        var stanza = Stanza()
        while let range = lines.next() {
            guard let first = range.first.map({ bytes[$0] }) else {
                try finish(&stanza, body)
                continue
            }
            try checkRecord(
                byteCount: range.upperBound - (stanza.start ?? range.lowerBound),
                line: lines.line
            )
            switch first {
            case UInt8(ascii: "#"): continue
            case 0x20, 0x09: try append(continuation: range, line: lines.line, to: &stanza)
            default: try append(field: range, line: lines.line, to: &stanza)
            }
            stanza.end = range.upperBound
        }
        try finish(&stanza, body)
    }

    private func append(field range: Range<Int>, line: Int, to stanza: inout Stanza) throws {
        guard let colon = bytes[range].firstIndex(of: UInt8(ascii: ":")),
            colon > range.lowerBound
        else {
            throw DataError(
                file: file,
                line: line,
                "expected 'Name: value', a continuation that starts with a space, or an empty line"
            )
        }
        let name = text(range.lowerBound..<colon)
        guard !stanza.fields.contains(where: { $0.name == name }) else {
            throw DataError(file: file, line: line, "the field '\(name)' is given twice")
        }
        try checkFields(stanza.fields.count + 1, line: line)
        if stanza.fields.isEmpty {
            stanza.start = range.lowerBound
            stanza.line = line
        }
        let value = trimmed((colon + 1)..<range.upperBound)
        stanza.fields.append(.init(name: name, text: text(value)))
    }

    private func append(
        continuation range: Range<Int>,
        line: Int,
        to stanza: inout Stanza
    ) throws {
        guard let last = stanza.fields.popLast() else {
            throw DataError(
                file: file,
                line: line,
                "a continuation line without a field before it"
            )
        }
        let isDot = bytes[trimmed(range)].elementsEqual([UInt8(ascii: ".")])
        let added = isDot ? "" : text((range.lowerBound + 1)..<range.upperBound)
        stanza.fields.append(.init(name: last.name, text: last.text + "\n" + added))
    }

    private func finish(
        _ stanza: inout Stanza,
        _ body: (SourceRecord) throws -> Void
    ) throws {
        defer { stanza = Stanza() }
        guard let start = stanza.start else { return }
        try body(
            SourceRecord(
                content: .fields(stanza.fields),
                location: location(start..<stanza.end, line: stanza.line)
            )
        )
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower < upper, bytes[lower] == 0x20 || bytes[lower] == 0x09 { lower += 1 }
        while lower < upper, bytes[upper - 1] == 0x20 || bytes[upper - 1] == 0x09 { upper -= 1 }
        return lower..<upper
    }
}

private struct Stanza {
    var fields: [SourceRecord.Field] = []
    var start: Int?
    var end = 0
    var line = 0
}
