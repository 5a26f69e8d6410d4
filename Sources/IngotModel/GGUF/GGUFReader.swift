// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles
internal import IngotTensor

/// The parser behind `GGUFFile`.
///
/// Every count is compared with a limit and with what is left of the
/// file before anything is allocated.
struct GGUFReader {
    struct Content {
        var version = 0
        var metadata: [String: GGUFValue] = [:]
        var tensors: [GGUFTensor] = []
        var positions: [String: Int] = [:]
    }

    // A 405B model has 1,138 tensors and 40 keys.
    static let tensorLimit = 1 << 16
    static let keyLimit = 1 << 14
    // gguf.md: keys are at most 2^16 - 1 bytes, tensor names at most 64.
    static let keyByteLimit = (1 << 16) - 1
    static let nameByteLimit = 64
    // Vocabularies reach 262,144 tokens and 514,906 merges; templates a few hundred KiB.
    static let arrayLimit = 1 << 23
    static let stringByteLimit = 1 << 24
    static let dimensionLimit = 4
    static let alignmentLimit = 1 << 20

    private var cursor: ByteCursor
    private var content = Content()

    init(_ file: MappedFile) { cursor = ByteCursor(file) }

    private var path: String { cursor.file.path }

    mutating func read() throws(ModelFileError) -> Content {
        try readMagic()
        let tensorCount = try cursor.count(limit: Self.tensorLimit, "the number of tensors")
        let keyCount = try cursor.count(limit: Self.keyLimit, "the number of metadata keys")
        for _ in 0..<keyCount { try readPair() }
        let entries = try readDirectory(tensorCount)
        try place(entries)
        return content
    }

    private mutating func readMagic() throws(ModelFileError) {
        let magic = try cursor.integer(UInt32.self, "the magic number")
        guard magic == 0x4655_4747 else {
            throw ModelFileError(
                path,
                place: "byte 0",
                "not a GGUF file: it does not start with 'GGUF'",
                remedy: "convert the model to GGUF, or import a directory of safetensors"
            )
        }
        let version = try cursor.integer(UInt32.self, "the version")
        switch version {
        case 2, 3: content.version = Int(version)
        case 0x0200_0000, 0x0300_0000:
            throw ModelFileError(
                path,
                place: "byte 4",
                "a big-endian GGUF file",
                remedy: "convert it with gguf_convert_endian.py"
            )
        default:
            throw ModelFileError(
                path,
                place: "byte 4",
                "GGUF version \(version), expected 2 or 3",
                remedy: "convert the model again with a current llama.cpp"
            )
        }
    }

    // MARK: Metadata

    private mutating func readPair() throws(ModelFileError) {
        let start = cursor.offset
        let byteCount = try cursor.count(limit: Self.keyByteLimit, "the length of a key")
        let key = try cursor.text(byteCount, "a key")
        guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw failure(at: start, "a key is empty or not printable ASCII: '\(key)'")
        }
        guard content.metadata[key] == nil else {
            throw failure(at: start, "the key \(key) occurs twice")
        }
        content.metadata[key] = try readValue(of: key, type: readType(of: key))
    }

    private mutating func readType(of key: String) throws(ModelFileError) -> GGUFValueType {
        let start = cursor.offset
        let number = try cursor.integer(UInt32.self, "the type of \(key)")
        guard let type = GGUFValueType(rawValue: number) else {
            throw failure(at: start, "\(key) has the unknown value type \(number)")
        }
        return type
    }

    private mutating func readValue(
        of key: String,
        type: GGUFValueType
    ) throws(ModelFileError) -> GGUFValue {
        switch type {
        case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64:
            .integer(try readInteger(type, key))
        case .float32, .float64: .number(try readNumber(type, key))
        case .bool: .bool(try readBool(key))
        case .string: .string(try readString(key))
        case .array: try readArray(key)
        }
    }

    private mutating func readArray(_ key: String) throws(ModelFileError) -> GGUFValue {
        let start = cursor.offset
        let type = try readType(of: key)
        guard type != .array else { throw failure(at: start, "\(key) is an array of arrays") }
        let count = try cursor.count(limit: Self.arrayLimit, "the number of elements of \(key)")
        // Cannot overflow: both factors are bounded above.
        let least = count * type.byteCount
        guard least <= cursor.remaining else {
            throw ModelFileError(
                path,
                place: "byte \(start)",
                "\(key) has \(count) elements and \(least - cursor.remaining) bytes are missing",
                remedy: "the file was cut short: fetch it again"
            )
        }
        switch type {
        case .string:
            var texts: [String] = []
            texts.reserveCapacity(count)
            for _ in 0..<count { texts.append(try readString(key)) }
            return .strings(texts)
        case .bool:
            var values: [Bool] = []
            for _ in 0..<count { values.append(try readBool(key)) }
            return .bools(values)
        case .float32, .float64:
            var numbers: [Double] = []
            numbers.reserveCapacity(count)
            for _ in 0..<count { numbers.append(try readNumber(type, key)) }
            return .numbers(numbers)
        default:
            var integers: [Int64] = []
            integers.reserveCapacity(count)
            for _ in 0..<count { integers.append(try readInteger(type, key)) }
            return .integers(integers)
        }
    }

    private mutating func readInteger(
        _ type: GGUFValueType,
        _ key: String
    ) throws(ModelFileError) -> Int64 {
        let start = cursor.offset
        switch type {
        case .uint8: return Int64(try cursor.integer(UInt8.self, key))
        case .int8: return Int64(try cursor.integer(Int8.self, key))
        case .uint16: return Int64(try cursor.integer(UInt16.self, key))
        case .int16: return Int64(try cursor.integer(Int16.self, key))
        case .uint32: return Int64(try cursor.integer(UInt32.self, key))
        case .int32: return Int64(try cursor.integer(Int32.self, key))
        case .int64: return try cursor.integer(Int64.self, key)
        default:
            let value = try cursor.integer(UInt64.self, key)
            guard let signed = Int64(exactly: value) else {
                throw failure(at: start, "\(key) is \(value), more than 63 bits")
            }
            return signed
        }
    }

    private mutating func readNumber(
        _ type: GGUFValueType,
        _ key: String
    ) throws(ModelFileError) -> Double {
        type == .float32
            ? Double(Float(bitPattern: try cursor.integer(UInt32.self, key)))
            : Double(bitPattern: try cursor.integer(UInt64.self, key))
    }

    private mutating func readBool(_ key: String) throws(ModelFileError) -> Bool {
        let start = cursor.offset
        switch try cursor.integer(UInt8.self, key) {
        case 0: return false
        case 1: return true
        case let other: throw failure(at: start, "\(key) is the truth value \(other)")
        }
    }

    private mutating func readString(_ key: String) throws(ModelFileError) -> String {
        let byteCount = try cursor.count(limit: Self.stringByteLimit, "the length of \(key)")
        return try cursor.text(byteCount, key)
    }

    private func failure(at offset: Int, _ problem: String) -> ModelFileError {
        ModelFileError(
            path,
            place: "byte \(offset)",
            problem,
            remedy: "the file is damaged: fetch or convert it again"
        )
    }
}

// MARK: Tensors

extension GGUFReader {
    /// A directory entry before it is known where the data starts.
    private struct Entry {
        let name: String
        let dimensions: [Int]
        let type: WeightType
        let byteCount: Int
        /// From the start of the data.
        let offset: UInt64
    }

    private mutating func readDirectory(_ count: Int) throws(ModelFileError) -> [Entry] {
        var entries: [Entry] = []
        for position in 0..<count {
            let entry = try readEntry()
            guard content.positions.updateValue(position, forKey: entry.name) == nil else {
                throw tensorFailure(entry.name, "occurs twice")
            }
            entries.append(entry)
        }
        return entries
    }

    private mutating func readEntry() throws(ModelFileError) -> Entry {
        let nameByteCount = try cursor.count(
            limit: Self.nameByteLimit,
            "the length of a tensor's name"
        )
        let name = try cursor.text(nameByteCount, "a tensor's name")
        guard !name.isEmpty else { throw tensorFailure("(no name)", "has an empty name") }
        let dimensionCount = try cursor.integer(UInt32.self, "the dimensions of \(name)")
        guard (1...UInt32(Self.dimensionLimit)).contains(dimensionCount) else {
            throw tensorFailure(name, "has \(dimensionCount) dimensions, expected 1 to 4")
        }
        var dimensions: [Int] = []
        var valueCount = 1
        for _ in 0..<dimensionCount {
            let dimension = try cursor.count(limit: Int.max, "a dimension of \(name)")
            let (product, overflows) = valueCount.multipliedReportingOverflow(by: dimension)
            guard dimension > 0, !overflows else {
                throw tensorFailure(name, "a dimension of \(dimension) is impossible here")
            }
            valueCount = product
            dimensions.append(dimension)
        }
        let typeNumber = try cursor.integer(UInt32.self, "the type of \(name)")
        guard let type = GGUFType.weightType(typeNumber) else {
            throw ModelFileError(
                path,
                place: "tensor \(name)",
                "has the type \(GGUFType.name(typeNumber)), which Ingot does not compute with",
                remedy: "convert the model to \(GGUFType.supported)"
            )
        }
        guard dimensions[0] % type.blockLength == 0 else {
            throw tensorFailure(
                name,
                "its rows of \(dimensions[0]) are not whole \(type.name) blocks of \(type.blockLength)"
            )
        }
        let (byteCount, overflows) = (valueCount / type.blockLength)
            .multipliedReportingOverflow(by: type.blockByteCount)
        guard !overflows else { throw tensorFailure(name, "is too large") }
        let offset = try cursor.integer(UInt64.self, "the offset of \(name)")
        return Entry(
            name: name,
            dimensions: dimensions,
            type: type,
            byteCount: byteCount,
            offset: offset
        )
    }

    /// Turns offsets into ranges of the file: aligned, in directory order, gapless but for padding.
    private mutating func place(_ entries: [Entry]) throws(ModelFileError) {
        let alignment = try self.alignment()
        guard !entries.isEmpty else { return }
        let dataStart = cursor.offset.roundedUp(to: alignment)
        var end = dataStart
        for entry in entries {
            let start = end.roundedUp(to: alignment)
            guard entry.offset == UInt64(start - dataStart) else {
                throw tensorFailure(
                    entry.name,
                    "starts at \(entry.offset) of the data, expected \(start - dataStart): "
                        + "tensors must follow each other, aligned to \(alignment) bytes"
                )
            }
            let (sum, overflows) = start.addingReportingOverflow(entry.byteCount)
            // Half the range, so that rounding up cannot overflow either.
            guard !overflows, sum < Int.max / 2 else {
                throw tensorFailure(entry.name, "is too large")
            }
            end = sum
            content.tensors.append(
                GGUFTensor(
                    name: entry.name,
                    dimensions: entry.dimensions,
                    type: entry.type,
                    range: start..<end
                )
            )
        }
        try checkEnd(end, alignment: alignment)
    }

    private func checkEnd(_ end: Int, alignment: Int) throws(ModelFileError) {
        let found = cursor.file.byteCount
        guard found >= end else {
            let broken = content.tensors.first { $0.range.upperBound > found }?.name ?? ""
            throw ModelFileError(
                path,
                place: "tensor \(broken)",
                "the file has \(found) bytes and \(end - found) are missing",
                remedy: "the file was cut short: fetch it again"
            )
        }
        guard found <= end.roundedUp(to: alignment) else {
            throw failure(at: end, "\(found - end) bytes follow the last tensor")
        }
    }

    private func alignment() throws(ModelFileError) -> Int {
        guard let value = content.metadata["general.alignment"] else { return 32 }
        guard let alignment = value.integer, (8...Self.alignmentLimit).contains(alignment),
            alignment & (alignment - 1) == 0
        else {
            throw ModelFileError(
                path,
                place: "general.alignment",
                "expected a power of two from 8 to \(Self.alignmentLimit)",
                remedy: "convert the model again"
            )
        }
        return alignment
    }

    private func tensorFailure(_ name: String, _ problem: String) -> ModelFileError {
        ModelFileError(
            path,
            place: "tensor \(name)",
            problem,
            remedy: "the file is damaged: fetch or convert it again"
        )
    }
}

extension Int {
    /// The least multiple of `step` that is not below; the caller keeps clear of overflow.
    func roundedUp(to step: Int) -> Int { (self + step - 1) / step * step }
}
