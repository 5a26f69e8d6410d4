// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotTensor

/// The header of a safetensors file, checked as a whole.
///
/// Format: u64 little-endian N, N bytes of JSON that start with `{`, then the data. What holds
/// afterwards: the tensors cover the data from its first byte to its last without hole or overlap,
/// and each has the bytes that its type and shape need. Source: `safetensors` 0.8, `tensor.rs`.
struct SafetensorsHeader: Sendable {
    struct Tensor: Sendable {
        let name: String
        let type: SafetensorsType
        /// Slowest dimension first.
        let shape: [Int]
        /// In bytes of the file.
        let range: Range<Int>
    }

    let metadata: [String: String]
    /// In the order of the data.
    let tensors: [Tensor]

    // The limits of the `safetensors` library, and one on tensors (a 405B model has 1,137).
    static let byteLimit = 100_000_000
    static let tensorLimit = 1 << 18
    static let dimensionLimit = 16

    /// `prefix` reads the first bytes of the file; no more than `byteLimit` + 8 are asked for.
    init(
        file: String,
        byteCount: Int,
        prefix: (Int) -> [UInt8]
    ) throws(ModelFileError) {
        let check = Check(file: file)
        guard byteCount >= 8 else {
            throw check.failure(
                "the file",
                "has \(byteCount) bytes and no header: it was cut short"
            )
        }
        var length: UInt64 = 0
        for (index, byte) in prefix(8).enumerated() { length |= UInt64(byte) << UInt64(index * 8) }
        guard length <= UInt64(Self.byteLimit) else {
            throw check.failure(
                "byte 0",
                "the header claims \(length) bytes, more than the limit of \(Self.byteLimit)"
            )
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= byteCount else {
            throw check.failure(
                "byte 0",
                "the header claims \(length) bytes and \(dataStart - byteCount) of them are missing"
            )
        }
        let text = Array(prefix(dataStart).dropFirst(8))
        guard text.first == UInt8(ascii: "{") else {
            throw check.failure("byte 8", "the header does not start with '{'")
        }
        var limits = JSONLimits()
        limits.byteCount = Self.byteLimit
        limits.depth = 4
        let members: [String: JSONValue]
        do {
            members = try JSONValue(parsing: text, limits: limits).object ?? [:]
        } catch {
            throw check.failure("header", error.message)
        }
        metadata = try check.metadata(members["__metadata__"])
        var tensors: [Tensor] = []
        // Sorted, so that of several faults the same one is always named.
        let names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in names where name != "__metadata__" {
            guard let entry = members[name] else { continue }
            tensors.append(try check.tensor(name, entry, dataStart: dataStart))
        }
        self.tensors = try check.cover(tensors, data: dataStart..<byteCount)
    }
}

/// The checks on one header, with the file's name for messages.
private struct Check {
    let file: String

    func failure(_ place: String, _ problem: String) -> ModelFileError {
        ModelFileError(
            file,
            place: place,
            problem,
            remedy: "the file is damaged: fetch or write it again"
        )
    }

    func metadata(_ value: JSONValue?) throws(ModelFileError) -> [String: String] {
        guard let value else { return [:] }
        guard let members = value.object else {
            throw failure("__metadata__", "is not an object of texts")
        }
        var metadata: [String: String] = [:]
        for (key, value) in members {
            guard let text = value.string else {
                throw failure("__metadata__", "the value of '\(key)' is not a text")
            }
            metadata[key] = text
        }
        return metadata
    }

    func tensor(
        _ name: String,
        _ entry: JSONValue,
        dataStart: Int
    ) throws(ModelFileError) -> SafetensorsHeader.Tensor {
        let place = "tensor \(name)"
        guard let members = entry.object, members.count == 3,
            let typeName = members["dtype"]?.string, let dimensions = members["shape"]?.array,
            let offsets = members["data_offsets"]?.array, offsets.count == 2
        else {
            throw failure(place, "expected dtype, shape and two data_offsets, and nothing else")
        }
        guard let type = SafetensorsType(rawValue: typeName) else {
            throw failure(place, "has the unknown type '\(typeName)'")
        }
        guard dimensions.count <= SafetensorsHeader.dimensionLimit else {
            throw failure(place, "has \(dimensions.count) dimensions")
        }
        var shape: [Int] = []
        var bitCount = type.bitCount
        for dimension in dimensions {
            guard let size = dimension.integer, size >= 0 else {
                throw failure(place, "a dimension is not a natural number")
            }
            let (product, overflows) = bitCount.multipliedReportingOverflow(by: size)
            guard !overflows else { throw failure(place, "the shape is too large") }
            bitCount = product
            shape.append(size)
        }
        guard let begin = offsets[0].integer, let end = offsets[1].integer, begin >= 0,
            begin <= end, end <= Int.max / 2
        else { throw failure(place, "its data_offsets are not a range") }
        guard bitCount % 8 == 0, end - begin == bitCount / 8 else {
            throw failure(
                place,
                "has \(end - begin) bytes, but \(typeName) \(shape) needs \(bitCount) bits"
            )
        }
        return .init(
            name: name,
            type: type,
            shape: shape,
            range: dataStart + begin..<dataStart + end
        )
    }

    /// Sorts by place and demands that the tensors cover the data exactly.
    func cover(
        _ tensors: [SafetensorsHeader.Tensor],
        data: Range<Int>
    ) throws(ModelFileError) -> [SafetensorsHeader.Tensor] {
        guard tensors.count <= SafetensorsHeader.tensorLimit else {
            throw failure("header", "has \(tensors.count) tensors")
        }
        let sorted = tensors.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var end = data.lowerBound
        for tensor in sorted {
            guard tensor.range.lowerBound == end else {
                let what =
                    tensor.range.lowerBound < end ? "overlaps the one before" : "follows a hole"
                throw failure("tensor \(tensor.name)", what)
            }
            end = tensor.range.upperBound
        }
        guard end <= data.upperBound else {
            throw failure(
                "data",
                "\(end - data.upperBound) bytes are missing: the file was cut short"
            )
        }
        guard end == data.upperBound else {
            throw failure("data", "\(data.upperBound - end) bytes follow the last tensor")
        }
        return sorted
    }
}

/// The types of safetensors 0.8.
enum SafetensorsType: String, Sendable {
    case bool = "BOOL"
    case f4 = "F4"
    case f6e2m3 = "F6_E2M3"
    case f6e3m2 = "F6_E3M2"
    case u8 = "U8"
    case i8 = "I8"
    case f8e5m2 = "F8_E5M2"
    case f8e4m3 = "F8_E4M3"
    case f8e8m0 = "F8_E8M0"
    case f8e4m3fnuz = "F8_E4M3FNUZ"
    case f8e5m2fnuz = "F8_E5M2FNUZ"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case c64 = "C64"
    case f64 = "F64"
    case i64 = "I64"
    case u64 = "U64"

    var bitCount: Int {
        switch self {
        case .f4: 4
        case .f6e2m3, .f6e3m2: 6
        case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
        case .i16, .u16, .f16, .bf16: 16
        case .i32, .u32, .f32: 32
        case .c64, .f64, .i64, .u64: 64
        }
    }

    /// Nil for what Ingot does not compute with.
    var weightType: WeightType? {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        default: nil
        }
    }
}
