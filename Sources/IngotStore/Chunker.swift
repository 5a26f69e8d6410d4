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

    /// The length of the first chunk.
    ///
    /// The caller passes at least `maximumByteCount` bytes, or all that are left.
    package static func firstChunk(in bytes: UnsafeRawBufferPointer) -> Int {
        let end = min(bytes.count, maximumByteCount)
        guard end > minimumByteCount else { return end }
        // Safe: the table has 256 constants and is indexed by a byte; `index` stays below `end`,
        // which is at most the count of the buffer.
        return unsafe GearTable.values.withUnsafeBufferPointer { table in
            var hash: UInt64 = 0
            var index = minimumByteCount - window
            while index < minimumByteCount - 1 {
                unsafe hash = hash << 1 &+ table[Int(bytes[index])]
                index += 1
            }
            while index < end {
                unsafe hash = hash << 1 &+ table[Int(bytes[index])]
                index += 1
                if hash < boundary { return index }
            }
            return end
        }
    }

    /// The lengths of all chunks of some bytes; none for no bytes.
    package static func chunks(of bytes: [UInt8]) -> [Int] {
        unsafe bytes.withUnsafeBytes { buffer in
            var lengths: [Int] = []
            var offset = 0
            while offset < buffer.count {
                // Safe: the offset is within the buffer.
                let length = unsafe firstChunk(
                    in: UnsafeRawBufferPointer(rebasing: buffer[offset...])
                )
                lengths.append(length)
                offset += length
            }
            return lengths
        }
    }
}
