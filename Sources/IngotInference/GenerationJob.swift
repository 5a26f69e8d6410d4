// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The handle of an accepted request.
package final class GenerationJob: Sendable {
    let acceptedAt = ContinuousClock.now
    private let cancelled = Atomic(false)
    private let started = Atomic(false)

    /// The request is dropped before its next token; its receiver hears nothing more.
    package func cancel() { cancelled.store(true, ordering: .relaxed) }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func start() { started.store(true, ordering: .relaxed) }

    var hasStarted: Bool { started.load(ordering: .relaxed) }
}
