// SPDX-License-Identifier: Apache-2.0

/// Cuts bytes into content-defined chunks, with the parameters of the Xet protocol.
///
/// A gear hash runs over the bytes, `h = (h << 1) + T[byte]` modulo 2^64, from 0 at the start of
/// each chunk. A chunk ends after the first byte that gives it at least 8 KiB and leaves the upper
/// 16 bits of `h` zero, or at 128 KiB, or where the bytes end. Only the last 64 bytes can be in
/// `h`, so those before the first 8 KiB - 64 need not be read.
package enum Chunker {
    package static let minimumByteCount = 8 << 10
    package static let maximumByteCount = 128 << 10
    /// A boundary leaves `h` below this: its upper 16 bits, mask 0xFFFF000000000000, are zero.
    private static let boundary: UInt64 = 1 << 48
    /// Bytes that can still be in a 64-bit hash that shifts by one at each byte.
    private static let window = 64
    /// Bytes that each of the two chains of `firstBoundary` looks at before their findings are
    /// compared.
    private static let strideByteCount = 1 << 10

    /// The length of the first chunk.
    ///
    /// The caller passes at least `maximumByteCount` bytes, or all that are left.
    ///
    /// A step of the hash waits for the one before it, so two neighbouring strides are hashed side by
    /// side: each begins 64 bytes early, after which its hash is that of the whole.
    private static func firstChunk(in bytes: UnsafeRawBufferPointer) -> Int {
        let end = min(bytes.count, maximumByteCount)
        guard end > minimumByteCount else { return end }
        // The byte after which a chunk may end first.
        var index = minimumByteCount - 1
        while end - index >= 2 * strideByteCount {
            if let found = unsafe firstBoundary(inStridesAt: index, of: bytes) { return found + 1 }
            index += 2 * strideByteCount
        }
        // Safe: the table has 256 constants and is indexed by a byte; `index` stays below `end`,
        // which is at most the count of the buffer.
        return unsafe GearTable.values.withUnsafeBufferPointer { table in
            var hash = unsafe warmHash(before: index, of: bytes, table)
            while index < end {
                unsafe hash = hash << 1 &+ table[Int(bytes[index])]
                index += 1
                if hash < boundary { return index }
            }
            return end
        }
    }

    /// The first place from `start` on, within two strides, whose byte leaves a boundary.
    private static func firstBoundary(
        inStridesAt start: Int,
        of bytes: UnsafeRawBufferPointer
    ) -> Int? {
        // Safe: the caller has two strides of bytes from `start`, which is more than a window; the
        // table has 256 constants and is indexed by a byte.
        unsafe GearTable.values.withUnsafeBufferPointer { table in
            let stride = strideByteCount
            var h0 = unsafe warmHash(before: start, of: bytes, table)
            var h1 = unsafe warmHash(before: start + stride, of: bytes, table)
            var later: Int?
            for index in start..<start + stride {
                unsafe h0 = h0 << 1 &+ table[Int(bytes[index])]
                unsafe h1 = h1 << 1 &+ table[Int(bytes[index + stride])]
                // Seldom: one place in 65,536.
                if h0 < boundary { return index }
                if h1 < boundary { later = later ?? index + stride }
            }
            return later
        }
    }

    /// The hash after the byte before `index`, of which only the last 64 bytes can be in it.
    private static func warmHash(
        before index: Int,
        of bytes: UnsafeRawBufferPointer,
        _ table: UnsafeBufferPointer<UInt64>
    ) -> UInt64 {
        // Safe: the caller's index is at least a window and within the bytes.
        unsafe bytes[index - window..<index].reduce(0) { unsafe $0 << 1 &+ table[Int($1)] }
    }

    /// The chunks that are sure: all of them when the bytes end here.
    package static func chunks(of bytes: [UInt8], isEnd: Bool) -> [Range<Int>] {
        unsafe bytes.withUnsafeBytes { buffer in
            var ranges: [Range<Int>] = []
            var offset = 0
            while offset < buffer.count, isEnd || buffer.count - offset >= maximumByteCount {
                // Safe: `offset` is less than the count of the buffer.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                let length = unsafe firstChunk(in: rest)
                ranges.append(offset..<offset + length)
                offset += length
            }
            return ranges
        }
    }
}
