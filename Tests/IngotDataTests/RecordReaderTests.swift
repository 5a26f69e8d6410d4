// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotData

private func read(
    _ text: String,
    _ format: DataFormat,
    limits: ReadingLimits = ReadingLimits()
) throws -> [SourceRecord] {
    try RecordReader(file: "f", bytes: Array(text.utf8), limits: limits).records(format: format)
}

private func pairs(_ record: SourceRecord) -> [String] {
    record.names.compactMap { name in record[name].map { "\(name)=\($0)" } }
}

/// The message of the error that reading must end in.
private func failure(
    _ bytes: [UInt8],
    _ format: DataFormat,
    limits: ReadingLimits = ReadingLimits()
) -> String {
    do {
        let records = try RecordReader(file: "f", bytes: bytes, limits: limits)
            .records(format: format)
        return "no error, \(records.count) records"
    } catch { return "\(error)" }
}

@Suite("RecordReader")
struct RecordReaderTests {
    @Test("reads one JSON object a line and skips blank lines")
    func jsonLines() throws {
        let records = try read("{\"b\":1,\"a\":\"x\"}\r\n\n  \n{\"c\":[1,2],\"d\":null}", .jsonl)
        #expect(records.map(pairs) == [["a=x", "b=1"], ["c=[1,2]"]])
        #expect(records.map(\.location.line) == [1, 4])
        #expect(records[0].location.digest == Digest.of("{\"b\":1,\"a\":\"x\"}"))
    }

    @Test("reads a JSON array and knows the line of each element")
    func jsonArray() throws {
        let records = try read(
            "\u{FEFF} [\n {\"a\": \"]},\\\"\"},\n\n {\"a\":\n {\"b\":[1]}} ]\n",
            .json
        )
        #expect(records.map(pairs) == [["a=]},\""], ["a={\"b\":[1]}"]])
        #expect(records.map(\.location.line) == [2, 4])
        #expect(try read("[]", .json).isEmpty)
    }

    @Test("reads CSV with quotes, doubled quotes, line breaks, a byte order mark and CRLF")
    func commaSeparated() throws {
        let records = try read(
            "\u{FEFF}name,text\r\n\"a\",\"one\r\ntwo, \"\"three\"\"\"\r\nb,\r\n\r\nc,é",
            .csv
        )
        #expect(
            records.map(pairs) == [
                ["name=a", "text=one\r\ntwo, \"three\""], ["name=b", "text="],
                ["name=c", "text=é"],
            ]
        )
        #expect(records.map(\.location.line) == [2, 4, 6])
        #expect(records[1].location.digest == Digest.of("b,"))
    }

    @Test("reads an empty line of a single column as an empty record")
    func singleColumn() throws {
        #expect(try read("a\nx\n\ny\n", .csv).map(pairs) == [["a=x"], ["a="], ["a=y"]])
    }

    @Test("reads TSV")
    func tabSeparated() throws {
        #expect(try read("a\tb\n1,2\t\"x\ty\"\n", .tsv).map(pairs) == [["a=1,2", "b=x\ty"]])
    }

    @Test("reads plain text a line a record")
    func text() throws {
        let records = try read("one\r\n\ntwo", .text)
        #expect(records.map(pairs) == [["text=one"], ["text=two"]])
        #expect(records.map(\.location.line) == [1, 3])
    }

    @Test("reads Debian stanzas with continuation lines, dots and comments")
    func stanzas() throws {
        let records = try read(
            """
            # a comment
            Package: a
            Description: short
             long line
             .
              indented



            Package:b
            Tag: x::y,
             z::w
            """,
            .deb822
        )
        #expect(
            records.map(pairs) == [
                ["Package=a", "Description=short\nlong line\n\n indented"],
                ["Package=b", "Tag=x::y,\nz::w"],
            ]
        )
        #expect(records.map(\.location.line) == [2, 10])
        #expect(records[1].location.digest == Digest.of("Package:b\nTag: x::y,\n z::w"))
    }

    @Test("reads an empty file as no records", arguments: DataFormat.allCases)
    func empty(format: DataFormat) throws {
        if format == .json { return }
        #expect(try read("", format).isEmpty)
    }

    @Test("knows the format by the name of the file")
    func formats() {
        #expect(DataFormat(path: "a/b.JSONL") == .jsonl)
        #expect(DataFormat(path: "b.tsv") == .tsv)
        #expect(DataFormat(path: "dumpavail") == nil)
        #expect(DataFormat(path: ".csv") == nil)
    }
}

@Suite("RecordReader, attacks")
struct RecordReaderAttackTests {
    struct Attack: CustomTestStringConvertible {
        let what: String
        let text: String
        let format: DataFormat
        let message: String

        var testDescription: String { what }
    }

    @Test(
        "refuses",
        arguments: [
            Attack(
                what: "a line that is not JSON",
                text: "{}\n{\"a\":1\n",
                format: .jsonl,
                message: "f line 2: not JSON: "
            ),
            Attack(
                what: "a line that is no object",
                text: "[1]",
                format: .jsonl,
                message: "f line 1: expected a JSON object"
            ),
            Attack(
                what: "a JSON object where an array is due",
                text: "\n{}",
                format: .json,
                message: "f line 2: expected '['"
            ),
            Attack(
                what: "an array cut short",
                text: "[{\"a\":1},\n{\"b\"",
                format: .json,
                message: "f line 2: the array ends within an element: the file is cut short"
            ),
            Attack(
                what: "an array without its bracket",
                text: "[{\"a\":1}",
                format: .json,
                message: "f line 1: the array ends within an element"
            ),
            Attack(
                what: "an element that is not JSON",
                text: "[{\"a\":1},\n\n{\"b\":x}]",
                format: .json,
                message: "f line 3: not JSON: "
            ),
            Attack(
                what: "text after the array",
                text: "[]\n[]",
                format: .json,
                message: "f line 2: unexpected text after the array"
            ),
            Attack(
                what: "an empty JSON file",
                text: "",
                format: .json,
                message: "f line 1: expected '['"
            ),
            Attack(
                what: "a quote never closed",
                text: "a,b\n1,2\n\"x,3\n4,5\n",
                format: .csv,
                message: "f line 3: a quote is opened here and never closed"
            ),
            Attack(
                what: "text after a closing quote",
                text: "a,b\n\"x\"y,1\n",
                format: .csv,
                message: "f line 2: text follows a closing quote"
            ),
            Attack(
                what: "a quote within a plain field",
                text: "a,b\nx\"y,1\n",
                format: .csv,
                message: "f line 2: a quote inside a field"
            ),
            Attack(
                what: "a row with too many fields",
                text: "a,b\n1,2\n1,2,3\n",
                format: .csv,
                message: "f line 3: 3 fields, but the header names 2"
            ),
            Attack(
                what: "a row with too few fields",
                text: "a\tb\n1\n",
                format: .tsv,
                message: "f line 2: 1 fields, but the header names 2"
            ),
            Attack(
                what: "two columns of one name",
                text: "a,a\n1,2\n",
                format: .csv,
                message: "f line 1: two columns are named 'a'"
            ),
            Attack(
                what: "a column without a name",
                text: "a,\n1,2\n",
                format: .csv,
                message: "f line 1: column 2 has no name"
            ),
            Attack(
                what: "a stanza line without a colon",
                text: "A: b\nnonsense\n",
                format: .deb822,
                message: "f line 2: expected 'Name: value'"
            ),
            Attack(
                what: "a continuation of nothing",
                text: "A: b\n\n c\n",
                format: .deb822,
                message: "f line 3: a continuation line without a field"
            ),
            Attack(
                what: "a field given twice",
                text: "A: b\nA: c\n",
                format: .deb822,
                message: "f line 2: the field 'A' is given twice"
            ),
        ]
    )
    func malformed(attack: Attack) {
        let message = failure(Array(attack.text.utf8), attack.format)
        #expect(message.hasPrefix(attack.message), "\(message)")
        #expect(!message.contains("\n"))
    }

    @Test("names line and byte of what is not UTF-8", arguments: DataFormat.allCases)
    func invalidUTF8(format: DataFormat) {
        #expect(
            failure(Array("ab\nxé".utf8) + [0xFF], format).hasPrefix(
                "f line 2: byte 4 (offset 6 of the file) is not UTF-8: convert the file"
            )
        )
    }

    @Test("stops at the limits, and not one before")
    func limits() {
        var limits = ReadingLimits()
        limits.recordByteCount = 8
        #expect(failure(Array("12345678".utf8), .text, limits: limits) == "no error, 1 records")
        #expect(
            failure(Array("a\n123456789".utf8), .text, limits: limits)
                .hasPrefix("f line 2: a record of more than 8 bytes")
        )
        #expect(
            failure(Array("a\n\"1\n3\n5\n7\n9\"".utf8), .csv, limits: limits)
                .hasPrefix("f line 2: a record of more than 8 bytes")
        )
        #expect(
            failure(Array("A: b\n c\n d\n".utf8), .deb822, limits: limits)
                .hasPrefix("f line 3: a record of more than 8 bytes")
        )
        limits = ReadingLimits()
        limits.fieldCount = 2
        #expect(failure(Array("a,b\n1,2".utf8), .csv, limits: limits) == "no error, 1 records")
        #expect(
            failure(Array("a,b,c\n1,2,3".utf8), .csv, limits: limits)
                == "f line 1: more than 2 fields in a record"
        )
        #expect(
            failure(Array("A: b\nB: b\nC: b\n".utf8), .deb822, limits: limits)
                == "f line 3: more than 2 fields in a record"
        )
        limits = ReadingLimits()
        limits.fileByteCount = 3
        #expect(failure(Array("abc".utf8), .text, limits: limits) == "no error, 1 records")
        #expect(
            failure(Array("abcd".utf8), .text, limits: limits)
                == "f: 4 bytes exceed the limit of 3: split the file"
        )
    }

    @Test("ends in records or in an error on any bytes", arguments: DataFormat.allCases)
    func mutated(format: DataFormat) {
        let samples: [DataFormat: String] = [
            .jsonl: "{\"a\":\"x\"}\n{\"b\":[1,{}]}\r\n",
            .json: "[{\"a\":\"]\\\"\"}, {\"b\":[1,{}]}]\n",
            .csv: "a,b\r\n\"x\"\"\n\",1\r\ny,2\n", .tsv: "a\tb\n\"x\"\t1\n",
            .text: "one\r\ntwo\n", .deb822: "A: b\n c\n .\nD:\n\nA: e\n",
        ]
        let sample = Array((samples[format] ?? "").utf8)
        let alphabet = Array("\",\t\r\n {}[]:\\#.a1\u{FEFF}é".utf8) + [0, 0x80, 0xFF]
        let random = CounterRandom(seed: 5)
        for trial in 0..<3000 {
            var bytes = sample
            for change in 0..<(1 + trial % 4) {
                let counter = UInt64(trial * 16 + change * 3)
                let unit = alphabet[random.index(counter, below: alphabet.count)]
                let place = random.index(counter + 1, below: bytes.count)
                switch random.index(counter + 2, below: 3) {
                case 0: bytes[place] = unit
                case 1: bytes.insert(unit, at: place)
                default: bytes.removeSubrange(place...)
                }
                if bytes.isEmpty { bytes = [unit] }
            }
            do {
                let records = try RecordReader(file: "f", bytes: bytes).records(format: format)
                #expect(records.allSatisfy { $0.location.line >= 1 })
            } catch { #expect("\(error)".hasPrefix("f line ")) }
        }
    }
}
