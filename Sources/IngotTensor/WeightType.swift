// SPDX-License-Identifier: Apache-2.0

/// How the numbers of a frozen weight are stored; quantised types are GGUF's blocks of 32 values.
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

    /// Bytes of a row of `columns` values; a quantised row is a whole number of blocks.
    package func byteCount(columns: Int) -> Int {
        switch self {
        case .f32: columns * 4
        case .f16, .bf16: columns * 2
        case .q4_0: columns / 32 * 18
        case .q4_1: columns / 32 * 20
        case .q8_0: columns / 32 * 34
        }
    }

    /// Whether a row of `columns` values can be stored in this type.
    package func accepts(columns: Int) -> Bool {
        switch self {
        case .f32, .f16, .bf16: columns >= 0
        case .q4_0, .q4_1, .q8_0: columns >= 0 && columns % 32 == 0
        }
    }
}
