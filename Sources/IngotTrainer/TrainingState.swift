// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A training between two steps: with the same model, examples and settings it goes on to the very
/// bits of a training that was never interrupted.
///
/// The order of examples and all random numbers are functions of seed and step, so none is here.
package struct TrainingState: Sendable, Equatable {
    /// Digest of all that decides the training; the state is of no use to another one.
    package let key: Digest
    /// Of every step that was made.
    package let metrics: [StepMetrics]
    /// The trained values, in the order of the trainer's buffer.
    package let parameters: [Float]
    /// AdamW's moments.
    package let first: [Float]
    package let second: [Float]
    /// The values with the best validation so far, where the best is kept.
    package let best: [Float]?

    /// Steps that were made.
    package var step: Int { metrics.count }
}

/// How a training that may be interrupted keeps its state.
package struct StateSaving {
    /// Digest of all that decides the training.
    package var key: Digest
    /// Steps between two states; 0 saves only where the training ends early.
    package var interval: Int
    /// Asked after each step; true ends the training there.
    package var isInterrupted: () -> Bool
    /// Must have the state on disk when it returns.
    package var save: (TrainingState) throws -> Void

    package init(
        key: Digest,
        interval: Int,
        isInterrupted: @escaping () -> Bool = { false },
        save: @escaping (TrainingState) throws -> Void
    ) {
        self.key = key
        self.interval = interval
        self.isInterrupted = isInterrupted
        self.save = save
    }
}
