// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// Reads little-endian fields of a mapped file from front to back; never past its end.
struct ByteCursor {
    let file: MappedFile
    private(set) var offset = 0

    init(_ file: MappedFile) { self.file = file }

    var remaining: Int { file.byteCount - offset }

    /// - Throws: `ModelFileError` with the place and the number of missing bytes.
    mutating func skip(_ count: Int, _ what: String) throws(ModelFileError) {
        guard count >= 0, count <= remaining else {
            throw ModelFileError(
                file.path,
                place: "byte \(offset)",
                "\(what) needs \(count) bytes and \(max(0, count - remaining)) of them are missing",
                remedy: "the file was cut short: fetch it again"
            )
        }
        offset += count
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type,
        _ what: String
    ) throws(ModelFileError) -> Value {
        let start = offset
        try skip(MemoryLayout<Value>.size, what)
        // Safe: `skip` checked that the file holds the value's bytes at `start`.
        return unsafe Value(
            littleEndian: file.bytes.loadUnaligned(fromByteOffset: start, as: Value.self)
        )
    }

    /// A count of 64 bits that must fit `limit`, so that nothing is allocated on the word of a
    /// file.
    mutating func count(limit: Int, _ what: String) throws(ModelFileError) -> Int {
        let start = offset
        let value = try integer(UInt64.self, what)
        guard value <= UInt64(limit) else {
            throw ModelFileError(
                file.path,
                place: "byte \(start)",
                "\(what) is \(value), more than the limit of \(limit)",
                remedy: "the file is damaged: fetch it again"
            )
        }
        return Int(value)
    }

    mutating func text(_ byteCount: Int, _ what: String) throws(ModelFileError) -> String {
        let start = offset
        try skip(byteCount, what)
        // Safe: `skip` checked that the file holds these bytes.
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[start..<offset])
        guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
            throw ModelFileError(
                file.path,
                place: "byte \(start)",
                "\(what) is not valid UTF-8",
                remedy: "the file is damaged: fetch it again"
            )
        }
        return text
    }
}
