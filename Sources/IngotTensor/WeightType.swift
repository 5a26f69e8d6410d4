// SPDX-License-Identifier: Apache-2.0

/// How the numbers of a frozen weight are stored; quantised types are GGUF's blocks,
/// and bitsandbytes' two, whose scales lie apart.
package enum WeightType: Sendable, Hashable, CaseIterable {
    /// IEEE single.
    case f32
    /// IEEE half.
    case f16
    /// The upper half of an IEEE single.
    case bf16
    /// 18 bytes: f16 d; 16 × two nibbles. x = (q − 8)·d.
    case q4_0
    /// 20 bytes: f16 d; f16 m; 16 × two nibbles. x = q·d + m.
    case q4_1
    /// 34 bytes: f16 d; 32 × i8. x = q·d.
    case q8_0
    /// 144 bytes for 256 values: f16 d; f16 least; 8 × 6-bit scale and minimum; 256 nibbles.
    /// x = q·(d·scale) − least·minimum.
    case q4_k
    /// 210 bytes for 256 values of 6 bits: 128 × two lower halves, 64 × four upper parts;
    /// 16 × i8 scale; f16 d. x = (q − 32)·(d·scale).
    case q6_k
    /// Places in a table of 16 values, two a byte, with a scale for 64 values.
    case nf4
    /// i8 with a scale for a row.
    case int8

    /// The length of a row is a multiple of it.
    package var blockLength: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q4_0, .q4_1, .q8_0, .int8: 32
        case .nf4: 64
        case .q4_k, .q6_k: 256
        }
    }

    package var blockByteCount: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q4_0: 18
        case .q4_1: 20
        case .q8_0: 34
        case .q4_k: 144
        case .q6_k: 210
        case .nf4, .int8: 32
        }
    }

    /// Bytes of a row of `columns` values; a quantised row is a whole number of blocks.
    package func byteCount(columns: Int) -> Int { columns / blockLength * blockByteCount }

    /// How many scales lie apart from a weight's bytes; nil for types that have none.
    package func scaleCount(rows: Int, columns: Int) -> Int? {
        switch self {
        case .nf4: rows * (columns / blockLength)
        case .int8: rows
        default: nil
        }
    }

    /// Whether a row of `columns` values can be stored in this type.
    package func accepts(columns: Int) -> Bool {
        columns >= 0 && columns.isMultiple(of: blockLength)
    }
}
