// SPDX-License-Identifier: Apache-2.0

internal import NIOPosix

/// Threads for system calls that block, so that those of Swift's concurrency stay free.
final class BlockingWork: Sendable {
    private let pool: NIOThreadPool

    /// Sixteen syncs at once are one commit of a journaling file system's journal, not sixteen.
    init(threadCount: Int = 16) {
        pool = NIOThreadPool(numberOfThreads: threadCount)
        pool.start()
    }

    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await pool.runIfActive(body)
    }

    func shutdown() async throws { try await pool.shutdownGracefully() }
}
