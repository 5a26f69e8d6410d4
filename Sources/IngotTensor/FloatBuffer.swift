// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Owned fp32 memory of fixed size, 64-byte aligned.
///
/// Kernels get the raw pointer; who may write is decided by who holds the object: a buffer is
/// filled by its maker and then only read, or belongs to one computation at a time.
@safe
package final class FloatBuffer: Sendable {
    package let count: Int
    // Safe: allocated here, freed only in deinit.
    package nonisolated(unsafe) let pointer: UnsafeMutablePointer<Float>

    /// Zeroed memory.
    package convenience init(count: Int) {
        self.init(uninitialized: count)
        unsafe pointer.initialize(repeating: 0, count: max(count, 1))
    }

    /// Memory with anything in it, for scratch that is written before it is read.
    init(uninitialized count: Int) {
        self.count = count
        let bytes = (max(count, 1) * MemoryLayout<Float>.stride + 63) / 64 * 64
        guard let memory = unsafe aligned_alloc(64, bytes) else {
            preconditionFailure("no memory for \(bytes) bytes of fp32")
        }
        // Safe: fresh, aligned memory of at least `count` floats.
        unsafe pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    }

    /// A copy of `values`.
    package convenience init(_ values: [Float]) {
        self.init(count: values.count)
        // Safe: both sides have `count` elements and do not overlap.
        unsafe values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { unsafe pointer.update(from: base, count: count) }
        }
    }

    deinit { unsafe free(pointer) }

    /// A copy of `range`.
    package func values(_ range: Range<Int>) -> [Float] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range of a buffer")
        // Safe: the range was checked against the allocation.
        return unsafe [Float](
            UnsafeBufferPointer(start: pointer + range.lowerBound, count: range.count)
        )
    }

    /// A copy of everything.
    package var values: [Float] { values(0..<count) }
}
