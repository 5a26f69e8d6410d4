// SPDX-License-Identifier: Apache-2.0

internal import Glibc

enum ByteOrder {
    /// Below, at or above zero, as the first differing byte says; both have the same count.
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        precondition(left.count == right.count, "compares \(left.count) with \(right.count) bytes")
        // Safe: both buffers have that count.
        return unsafe Int(memcmp(first, second, left.count))
    }
}
