// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// SIGINT and SIGTERM as a question that a long computation asks between its steps.
///
/// The second signal ends the process as if nobody had watched.
enum InterruptSignals {
    private static let isRaised = Atomic<Bool>(false)
    private static let signals = [SIGINT, SIGTERM]

    /// Runs `body`, which asks whether a signal has come since.
    static func watch<Result>(_ body: (@escaping () -> Bool) throws -> Result) rethrows -> Result {
        isRaised.store(false, ordering: .relaxed)
        var before: [sigaction] = []
        for signal in signals {
            var action = unsafe sigaction()
            // Safe: the handler does nothing but store to an atomic that exists by now.
            unsafe action.__sigaction_handler.sa_handler = { _ in
                InterruptSignals.isRaised.store(true, ordering: .relaxed)
            }
            unsafe action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            var old = unsafe sigaction()
            unsafe sigaction(signal, &action, &old)
            unsafe before.append(old)
        }
        defer {
            for (signal, action) in zip(signals, before) {
                var action = unsafe action
                unsafe sigaction(signal, &action, nil)
            }
        }
        return try body { isRaised.load(ordering: .relaxed) }
    }
}
