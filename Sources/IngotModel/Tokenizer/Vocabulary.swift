// SPDX-License-Identifier: Apache-2.0

/// The bytes of every token, and the way back from bytes to a token.
struct Vocabulary: Sendable {
    /// All tokens behind one another; token i is bytes[offsets[i]..<offsets[i + 1]].
    private var bytes: [UInt8] = []
    private var offsets: [UInt32] = [0]
    /// Open addressing over token ids; -1 is free.
    private var slots: [Int32]

    init(capacity: Int) {
        var count = 16
        while count < capacity * 2 { count *= 2 }
        slots = Array(repeating: -1, count: count)
        offsets.reserveCapacity(capacity + 1)
    }

    var count: Int { offsets.count - 1 }

    /// Appends the next token; only those that text can become are found by their bytes.
    ///
    /// Returns false when another such token has the same bytes.
    mutating func append(_ token: [UInt8], isFound: Bool) -> Bool {
        let id = Int32(count)
        bytes += token
        offsets.append(UInt32(bytes.count))
        return isFound ? find(id) : true
    }

    /// Lets a token be found by its bytes; false when another one already is.
    @discardableResult
    mutating func find(_ id: Int32) -> Bool {
        let token = Array(self[id])
        var slot = Self.hash(token.span, 0..<token.count) & (slots.count - 1)
        while slots[slot] >= 0 {
            if self[slots[slot]].elementsEqual(token) { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = id
        return true
    }

    /// The bytes of a token; nothing for an id out of range.
    subscript(id: Int32) -> ArraySlice<UInt8> {
        guard id >= 0, Int(id) < count else { return [] }
        return bytes[Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1])]
    }

    func id(of token: [UInt8]) -> Int32? { id(in: token.span, 0..<token.count) }

    func id(in text: Span<UInt8>, _ range: Range<Int>) -> Int32? {
        var slot = Self.hash(text, range) & (slots.count - 1)
        while true {
            let id = slots[slot]
            if id < 0 { return nil }
            if matches(id, text, range) { return id }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    private func matches(_ id: Int32, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let start = Int(offsets[Int(id)])
        guard Int(offsets[Int(id) + 1]) - start == range.count else { return false }
        for position in 0..<range.count
        where bytes[start + position] != text[range.lowerBound + position] {
            return false
        }
        return true
    }

    /// FNV-1a with a final mix, for short keys from a vocabulary that the file's author chose.
    private static func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for position in range { value = (value ^ UInt64(text[position])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: (value ^ value >> 32) & 0x7FFF_FFFF)
    }
}
