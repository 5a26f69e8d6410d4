// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// A fixed number of threads for computing; the calling thread is one of them.
///
/// Which thread runs a task is open; a task must own what it writes. Callers block until all is
/// done, so they keep off the cooperative pool.
@safe
package final class ThreadPool: Sendable {
    // Safe: the C pool locks; it is destroyed only in deinit.
    nonisolated(unsafe) let pool: OpaquePointer

    /// More threads than this only compete.
    package static let threadLimit = 256

    package init(threads: Int) {
        guard let made = unsafe ingot_pool_create(max(1, min(threads, Self.threadLimit))) else {
            preconditionFailure("no memory for a thread pool")
        }
        unsafe pool = made
    }

    deinit { unsafe ingot_pool_destroy(pool) }

    /// Threads that work, the caller included.
    package var threadCount: Int { unsafe ingot_pool_threads(pool) }

    /// Runs `body(task, worker)` for every task in 0 ..< count, once each, in any order.
    package func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            var box = body
            // Safe: the pool returns after the last task, so the box outlives every use of it.
            unsafe withUnsafeMutablePointer(to: &box) { pointer in
                unsafe ingot_pool_run(
                    pool,
                    count,
                    { context, task, worker in
                        guard let context = unsafe context else { return }
                        unsafe context.assumingMemoryBound(to: ((Int, Int) -> Void).self)
                            .pointee(task, worker)
                    },
                    pointer
                )
            }
        }
    }
}
