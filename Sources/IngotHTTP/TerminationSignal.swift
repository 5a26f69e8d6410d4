// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Waits for SIGTERM or SIGINT, which end a server in good order.
///
/// `block` comes first, on the main thread and before any
/// other exists, since threads inherit the mask; a blocked signal reaches even process 1 of a
/// container, which ignores those without a handler.
package enum TerminationSignal {
    private static let signals = [SIGTERM, SIGINT]

    package static func block() {
        var set = signalSet()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Runs asynchronous work and blocks the main thread until it ends.
    ///
    /// An asynchronous `main` would hand the main thread to Dispatch, which lets it wait with every
    /// signal unblocked: SIGTERM would then kill the process.
    package static func runBlockingMain(
        _ work: @escaping @Sendable () async throws -> Void
    ) throws {
        try MultiThreadedEventLoopGroup.singleton.any().makeFutureWithTask(work).wait()
    }

    /// The number of the signal that came.
    @discardableResult
    package static func wait() async throws -> Int32 {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let signal = try await pool.runIfActive {
            var set = signalSet()
            var received: Int32 = 0
            // Safe: both pointers are valid for the call.
            unsafe sigwait(&set, &received)
            return received
        }
        try await pool.shutdownGracefully()
        return signal
    }

    private static func signalSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }
}
