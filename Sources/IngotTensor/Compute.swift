// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels
internal import Synchronization

/// Runs kernels on a pool of threads.
///
/// Results depend on the kernel set only: neither on the number of threads nor on the level of
/// instructions nor on which rows are computed together.
@safe
package final class Compute: Sendable {
    package let kernels: KernelSet
    package let level: KernelLevel
    package let pool: ThreadPool
    // Safe: a constant table in the binary.
    nonisolated(unsafe) let table: UnsafePointer<ingot_kernel_table>
    /// Where products pack what they read; grows to the largest need.
    private let packed = Mutex(FloatBuffer(count: 0))

    /// Chooses the processor's best level, or `level` if the processor has it.
    ///
    /// The kernel set must be available; who lets users choose it checks that.
    package init(kernels: KernelSet = .portable, threads: Int, level: KernelLevel? = nil) {
        self.kernels = kernels
        self.level = min(level ?? .best, .best)
        pool = ThreadPool(threads: threads)
        switch kernels {
        case .portable: unsafe table = unsafe ingot_kernels(self.level.kernelCode)
        case .avx512:
            guard let pairs = unsafe ingot_pair_kernels() else {
                preconditionFailure("kernel set avx512 on a processor without AVX512_BF16")
            }
            unsafe table = unsafe pairs
        }
    }

    /// All products, after those that come `first`.
    ///
    /// What one of the first writes may be the rows of a term of the others; nothing else that a
    /// product writes may be read by another one.
    package func run(_ products: [Product], first: [Product] = []) {
        let all = first + products
        // Safe: the matrices in `all` live until the call has returned.
        withExtendedLifetime(all) {
            var list = unsafe all.map { unsafe $0.kernelProduct }
            let bytes = unsafe ingot_packed_bytes(table, list, list.count)
            packed.withLock { packed in
                if packed.count * 4 < bytes { packed = FloatBuffer(uninitialized: bytes / 4) }
                unsafe ingot_pool_products(
                    pool.pool,
                    table,
                    &list,
                    list.count,
                    first.count,
                    UnsafeMutableRawPointer(packed.pointer).assumingMemoryBound(to: UInt32.self)
                )
            }
        }
    }

    /// Runs `body` for blocks of rows that together are 0 ..< rows.
    func overRows(_ rows: Int, _ body: (Range<Int>) -> Void) {
        let block = Self.rowsOfTask
        pool.run((rows + block - 1) / block) { task, _ in
            body(task * block..<min(rows, (task + 1) * block))
        }
    }

    /// Few enough to share out, enough to pay for taking a task.
    private static let rowsOfTask = 16
}

/// Which instructions compute; the results do not depend on it.
package enum KernelLevel: Int, Sendable, Comparable, CaseIterable {
    /// What every processor has.
    case plain
    /// AVX2 and FMA.
    case avx2
    /// AVX-512 F, BW, DQ, VL.
    case avx512

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The best level of this processor.
    package static var best: KernelLevel {
        switch ingot_best_level() {
        case INGOT_AVX512: .avx512
        case INGOT_AVX2: .avx2
        default: .plain
        }
    }

    var kernelCode: ingot_level {
        switch self {
        case .plain: INGOT_PLAIN
        case .avx2: INGOT_AVX2
        case .avx512: INGOT_AVX512
        }
    }
}
