// SPDX-License-Identifier: Apache-2.0

/// A fixed map from pairs of token ids to merges, by open addressing in one flat array.
///
/// A Swift dictionary spends most of an encoding's time on its hash; this lookup is one
/// multiplication and usually one cache line.
struct MergeTable: Sendable {
    /// Two words a slot: left id << 32 | right id, then rank << 32 | merged id.
    private var slots: [UInt64]
    private let shift: UInt64
    private static let empty = UInt64.max

    /// The merge in bits: rank << 32 | merged id.
    static let none = UInt64.max

    init(capacity: Int) {
        var bits: UInt64 = 4
        while 1 << bits < capacity * 2 { bits += 1 }
        shift = 64 - bits
        slots = Array(repeating: Self.empty, count: 2 << Int(bits))
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Keeps the first merge of a pair.
    mutating func insert(left: Int32, right: Int32, rank: Int, merged: Int32) {
        let key = Self.key(left, right)
        var slot = start(of: key)
        while slots[slot] != Self.empty {
            if slots[slot] == key { return }
            slot = (slot + 2) & (slots.count - 1)
        }
        slots[slot] = key
        slots[slot + 1] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged))
    }

    func merge(_ left: Int32, _ right: Int32) -> UInt64 {
        let key = Self.key(left, right)
        var slot = start(of: key)
        while true {
            let found = slots[slot]
            if found == key { return slots[slot + 1] }
            if found == Self.empty { return Self.none }
            slot = (slot + 2) & (slots.count - 1)
        }
    }

    private func start(of key: UInt64) -> Int {
        // Fibonacci hashing: the high bits of the product depend on every bit of the key.
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift) << 1
    }
}
