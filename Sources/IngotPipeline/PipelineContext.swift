// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence
package import IngotStore

/// What the steps of a run work with: the store, its ledger, and who they are.
package struct PipelineContext: Sendable {
    package let store: Store
    package let catalog: Catalog
    package let ledger: Ledger
    package let program: Program
    /// Workers of the trainer and of evaluation; never part of a result.
    package let threads: Int
    package var training = TrainingOptions()
    /// Wall-clock time: the one clock, so that tests can set it.
    package let now: @Sendable () -> Timestamp
    /// Told of each step's progress.
    package let report: @Sendable (PipelineEvent) -> Void

    /// The program whose code a step runs: part of every cache key and of provenance.
    package struct Program: Sendable {
        package let version: String
        /// SHA-256 of the executable.
        package let digest: Digest

        package init(version: String, digest: Digest) {
            self.version = version
            self.digest = digest
        }
    }

    package init(
        store: Store,
        catalog: Catalog,
        ledger: Ledger,
        program: Program,
        threads: Int,
        now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (PipelineEvent) -> Void
    ) {
        self.store = store
        self.catalog = catalog
        self.ledger = ledger
        self.program = program
        self.threads = threads
        self.now = now
        self.report = report
    }
}

/// What a run tells while it works.
package enum PipelineEvent: Sendable {
    case stepStarted(Step)
    /// 0 to 1, with a note such as loss and tokens a second.
    case progress(Step, fraction: Double, note: String)
    /// A finished sentence worth keeping in a log.
    case note(Step, String)
    /// `isReused`: inputs, recipe part and program were unchanged, so the store had the result.
    case stepFinished(Step, summary: String, isReused: Bool)
}
