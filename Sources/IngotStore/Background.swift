// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// Pieces of work that follow each other on other threads while their owner goes on.
///
/// One thread at a time may own it.
final class Background<Value: Sendable> {
    private final class Outcome: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    private var thread: pthread_t?
    private var last: Outcome?

    deinit { join() }

    /// Begins a piece.
    ///
    /// - Throws: What the piece before threw, which has ended then.
    func start(_ body: @escaping @Sendable () throws -> Value) throws {
        _ = try wait()
        let outcome = Outcome()
        let work: @Sendable () -> Void = {
            let result = Result(catching: body)
            outcome.result.withLock { $0 = result }
        }
        last = outcome
        thread = Parallel.start(work)
        // The system has no thread to give.
        if thread == nil { work() }
    }

    /// What the last piece returned or threw, once it has ended; nil before the first one.
    func wait() throws -> Value? {
        join()
        return try last?.result.withLock { try $0?.get() }
    }

    private func join() {
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }
}
