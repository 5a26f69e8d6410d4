// SPDX-License-Identifier: Apache-2.0

/// Remembers the tokens of short pieces that were merged before: most of any text is few words.
///
/// Direct-mapped and bounded: a new piece takes the place of the one with the same slot. What it
/// holds changes speed only, never results.
struct PieceCache {
    static let keyByteLimit = 16
    static let tokenLimit = 5
    private static let slotCount = 1 << 15

    private struct Slot {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var tokens: InlineArray<5, Int32> = .init(repeating: 0)
        /// 0 is a free slot.
        var keyByteCount: UInt8 = 0
        var tokenCount: UInt8 = 0
    }

    /// A piece of at most `keyByteLimit` bytes as two words.
    struct Key {
        fileprivate var low: UInt64 = 0
        fileprivate var high: UInt64 = 0
        fileprivate let byteCount: UInt8

        init(_ text: Span<UInt8>, _ range: Range<Int>) {
            byteCount = UInt8(range.count)
            var shift: UInt64 = 0
            for position in range.lowerBound..<min(range.lowerBound + 8, range.upperBound) {
                low |= UInt64(text[position]) << shift
                shift += 8
            }
            guard range.count > 8 else { return }
            shift = 0
            for position in range.lowerBound + 8..<range.upperBound {
                high |= UInt64(text[position]) << shift
                shift += 8
            }
        }

        fileprivate var slot: Int {
            let mixed = (low ^ high &* 0xC2B2_AE3D_27D4_EB4F) &* 0x9E37_79B9_7F4A_7C15
            return Int(truncatingIfNeeded: mixed >> 49)
        }
    }

    private var slots: [Slot] = []

    /// Appends the remembered tokens of a piece; false when there are none.
    func append(_ key: Key, to output: inout [Int32]) -> Bool {
        guard !slots.isEmpty else { return false }
        let slot = slots[key.slot]
        guard slot.keyByteCount == key.byteCount, slot.low == key.low, slot.high == key.high else {
            return false
        }
        for index in 0..<Int(slot.tokenCount) { output.append(slot.tokens[index]) }
        return true
    }

    mutating func remember(_ key: Key, _ tokens: ArraySlice<Int32>) {
        guard tokens.count <= Self.tokenLimit, key.byteCount > 0 else { return }
        if slots.isEmpty { slots = Array(repeating: Slot(), count: Self.slotCount) }
        var slot = Slot()
        slot.low = key.low
        slot.high = key.high
        slot.keyByteCount = key.byteCount
        slot.tokenCount = UInt8(tokens.count)
        for (index, token) in tokens.enumerated() { slot.tokens[index] = token }
        slots[key.slot] = slot
    }
}
