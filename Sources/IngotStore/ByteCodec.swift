// SPDX-License-Identifier: Apache-2.0

/// Writes the integers of Ingot's binary formats.
struct ByteWriter {
    var bytes: [UInt8] = []

    /// Little-endian.
    mutating func write(_ value: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Unsigned LEB128: seven bits a byte, the lowest first, the upper bit set on all but the last.
    mutating func writeVarint(_ value: Int) {
        precondition(value >= 0, "only counts and sizes are written")
        var rest = UInt64(value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads what `ByteWriter` writes, and nothing else: no byte past the end, no longer form.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
        position = 0
    }

    var remaining: Int { bytes.count - position }

    mutating func take(_ count: Int) throws(StoreError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else {
            throw StoreError(
                "it ends at byte \(bytes.count), before the \(count) that should follow"
            )
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func byte() throws(StoreError) -> UInt8 {
        guard remaining > 0 else {
            throw StoreError("it ends at byte \(bytes.count), before one that should follow")
        }
        defer { position += 1 }
        return bytes[position]
    }

    /// Little-endian.
    mutating func uint32() throws(StoreError) -> UInt32 {
        try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func varint() throws(StoreError) -> Int {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 == 0 else { continue }
            guard byte != 0 || shift == 0 else {
                throw StoreError("the integer at byte \(position - 1) is not in its shortest form")
            }
            return Int(value)
        }
        throw StoreError("the integer at byte \(position - 1) is too large")
    }
}
