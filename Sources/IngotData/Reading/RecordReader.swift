// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// Reads the records of one file, in order.
///
/// Pure: the bytes come from the caller.
package struct RecordReader {
    let file: String
    let bytes: [UInt8]
    let limits: ReadingLimits

    package init(file: String, bytes: [UInt8], limits: ReadingLimits = ReadingLimits()) {
        self.file = file
        self.bytes = bytes
        self.limits = limits
    }

    /// Calls `body` with each record.
    ///
    /// A byte order mark at the start is skipped.
    ///
    /// - Throws: `DataError` with file and line: bytes that are not UTF-8, text that is not of the
    ///   format, a limit exceeded; and whatever `body` throws.
    package func forEach(
        format: DataFormat,
        _ body: (SourceRecord) throws -> Void
    ) throws {
        guard bytes.count <= limits.fileByteCount else {
            throw DataError(
                "\(file): \(bytes.count) bytes exceed the limit of \(limits.fileByteCount): "
                    + "split the file"
            )
        }
        try checkUTF8()
        switch format {
        case .jsonl: try readJSONLines(body)
        case .json: try readJSONArray(body)
        case .csv: try readDelimited(by: UInt8(ascii: ","), body)
        case .tsv: try readDelimited(by: UInt8(ascii: "\t"), body)
        case .text: try readText(body)
        case .deb822: try readStanzas(body)
        }
    }

    /// All records; for tests and small files.
    package func records(format: DataFormat) throws -> [SourceRecord] {
        var records: [SourceRecord] = []
        try forEach(format: format) { records.append($0) }
        return records
    }

    /// After the byte order mark, which spreadsheets write.
    var start: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    private func checkUTF8() throws {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let offset = error.byteOffsets.lowerBound
            let seen = bytes[..<offset]
            let line = seen.count { $0 == 0x0A } + 1
            let column = offset - (seen.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
            throw DataError(
                file: file,
                line: line,
                "byte \(column) (offset \(offset) of the file) is not UTF-8: "
                    + "convert the file, for example with iconv -t UTF-8"
            )
        }
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    func location(_ range: Range<Int>, line: Int) -> SourceLocation {
        let digest = unsafe bytes.withUnsafeBytes { buffer in
            // Safe: the range was cut from this array's indices.
            unsafe Digest.of(UnsafeRawBufferPointer(rebasing: buffer[range]))
        }
        return SourceLocation(file: file, line: line, digest: digest)
    }

    func checkRecord(byteCount: Int, line: Int) throws {
        guard byteCount <= limits.recordByteCount else {
            throw DataError(
                file: file,
                line: line,
                "a record of more than \(limits.recordByteCount) bytes: is the format right?"
            )
        }
    }

    func checkFields(_ count: Int, line: Int) throws {
        guard count <= limits.fieldCount else {
            throw DataError(
                file: file,
                line: line,
                "more than \(limits.fieldCount) fields in a record"
            )
        }
    }
}

/// The lines of a file: endings `\n` and `\r\n` are not part of a line.
struct LineScanner {
    private let bytes: [UInt8]
    private var offset: Int
    /// Of the line that `next` returned last; 1-based.
    private(set) var line = 0

    init(_ bytes: [UInt8], from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func next() -> Range<Int>? {
        guard offset < bytes.count else { return nil }
        line += 1
        let start = offset
        var end = start
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        offset = end + 1
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }
}
