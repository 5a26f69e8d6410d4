// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Waits for SIGTERM or SIGINT, which end a server in good order.
///
/// `block` comes first, on the main thread and before any other exists: threads inherit the mask.
package enum TerminationSignal {
    private static let signals = [SIGTERM, SIGINT]

    package static func block() {
        var set = signalSet()
        // Safe: the pointer is valid for the call.
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Runs asynchronous work and blocks the main thread until it ends.
    package static func runBlockingMain(
        _ work: @escaping @Sendable () async throws -> Void
    ) throws {
        try MultiThreadedEventLoopGroup.singleton.any().makeFutureWithTask(work).wait()
    }

    package static func wait() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        try await pool.runIfActive {
            var set = signalSet()
            var received: Int32 = 0
            // Safe: both pointers are valid for the call.
            unsafe sigwait(&set, &received)
        }
        try await pool.shutdownGracefully()
    }

    private static func signalSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }
}
