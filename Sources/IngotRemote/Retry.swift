// SPDX-License-Identifier: Apache-2.0

/// A failure that may be over in a moment.
struct TransientFailure: Error {
    let error: RemoteError
    /// What `Retry-After` asked for.
    var after: Duration?
    /// Enough came before it that the next try is a first one.
    var madeProgress = false
}

/// When something is tried again: exponential back-off with full jitter, so that clients that
/// failed together do not come back together.
struct RetryPolicy: Sendable {
    var tryCount = 5
    var firstDelay: Duration = .milliseconds(250)
    var delayLimit: Duration = .seconds(15)
    /// Longer waits than a minute are left to people.
    var askedDelayLimit: Duration = .seconds(60)
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Runs `body` until it succeeds, fails for good, or failed `tryCount` times without progress.
    func run<Value>(_ body: (_ attempt: Int) async throws -> Value) async throws -> Value {
        var attempt = 0
        var failures = 0
        while true {
            do {
                return try await body(attempt)
            } catch let failure as TransientFailure {
                attempt += 1
                failures = failure.madeProgress ? 1 : failures + 1
                guard failures < tryCount else { throw failure.error }
                if let after = failure.after, after > askedDelayLimit { throw failure.error }
                try await sleep(delay(after: failures, asked: failure.after))
            }
        }
    }

    private func delay(after failures: Int, asked: Duration?) -> Duration {
        let longest = min(delayLimit, firstDelay * (1 << min(failures - 1, 16)))
        let jitter = longest * Double.random(in: 0.5...1)
        return asked.map { $0 + jitter } ?? jitter
    }

    static func isTransient(status: Int) -> Bool {
        [408, 429, 500, 502, 503, 504].contains(status)
    }
}
