// SPDX-License-Identifier: Apache-2.0

/// A metadata value; widths are dropped: a reader asks for what it needs.
package enum GGUFValue: Sendable, Equatable {
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case string(String)
    case integers([Int64])
    case numbers([Double])
    case bools([Bool])
    case strings([String])
}

extension GGUFValue {
    package var string: String? { if case .string(let value) = self { value } else { nil } }

    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    package var integer: Int? {
        if case .integer(let value) = self { Int(exactly: value) } else { nil }
    }

    /// Any number, integers included.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var strings: [String]? { if case .strings(let value) = self { value } else { nil } }

    package var integers: [Int64]? { if case .integers(let value) = self { value } else { nil } }
}

/// The numbers of `enum gguf_type` in gguf.h.
enum GGUFValueType: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array
    case uint64, int64, float64

    var byteCount: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64, .string: 8
        case .array: 12
        }
    }
}
