// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// Work on a few threads of its own, for store operations that compute and block: they must not
/// occupy the threads of Swift's concurrency.
package enum Parallel {
    /// Enough for a disk; more threads would only hold more memory.
    package static let threadCount = min(8, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// The results of `body` for 0 to `count` - 1, in order; the caller's thread works as well.
    ///
    /// - Throws: The error of the lowest index that failed; later indices may not have run.
    package static func map<Result: Sendable>(
        _ count: Int,
        _ body: @escaping @Sendable (Int) throws -> Result
    ) throws -> [Result] {
        guard count > 1, threadCount > 1 else { return try (0..<count).map(body) }
        let work = Work(count: count, body: body)
        var threads: [pthread_t] = []
        for _ in 1..<min(threadCount, count) {
            if let thread = start({ work.run() }) { threads.append(thread) }
        }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
        return try work.results()
    }

    /// Nil when the system has no thread to give: the others do the work then.
    static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        let box = ThreadBody(body)
        var thread = pthread_t()
        // Safe: the new thread takes over the retain of the box, exactly once.
        let context = unsafe Unmanaged.passRetained(box)
        let status = unsafe pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                unsafe Unmanaged<ThreadBody>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            },
            context.toOpaque()
        )
        guard status == 0 else {
            unsafe context.release()
            return nil
        }
        return thread
    }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Indices are handed out in order, so that when one fails all lower ones ran.
private final class Work<Value: Sendable>: Sendable {
    private struct State {
        var next = 0
        var values: [Value?]
        var failure: (index: Int, error: any Error)?
    }

    private let body: @Sendable (Int) throws -> Value
    private let state: Mutex<State>
    private let count: Int

    init(count: Int, body: @escaping @Sendable (Int) throws -> Value) {
        self.count = count
        self.body = body
        state = Mutex(State(values: Array(repeating: nil, count: count)))
    }

    func run() {
        while let index = next() {
            do {
                let value = try body(index)
                state.withLock { $0.values[index] = value }
            } catch {
                state.withLock { state in
                    if state.failure.map({ index < $0.index }) ?? true {
                        state.failure = (index, error)
                    }
                }
            }
        }
    }

    private func next() -> Int? {
        state.withLock { state in
            guard state.next < count, state.failure == nil else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// All of them, once every thread is done.
    func results() throws -> [Value] {
        try state.withLock { state in
            if let failure = state.failure { throw failure.error }
            return state.values.compactMap { $0 }
        }
    }
}
