// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotData
package import IngotEvaluation
package import IngotModel
package import IngotTrainer

/// A fine-tune declared in one YAML file: base, data, steps and gate.
///
/// Its format is `schemas/recipe.schema.json`.
///
/// A recipe is the unit of reproducibility: the same recipe over the same inputs gives the same
/// digests, whoever runs it, wherever, with any thread count.
package struct Recipe: Sendable {
    /// The file's bytes: what provenance names.
    package let bytes: [UInt8]
    package let name: String
    package let base: Reference
    package let data: Reference
    package let prepare: Prepare
    package let train: Train
    package let evaluate: Evaluate
    package let gate: Gate
    /// Where a version that passes goes; nil leaves promotion to a person.
    package let promote: Promote?
    package let image: Image?

    package struct Prepare: Sendable {
        package let repository: RepositoryName
        package let configuration: PrepareConfiguration
        /// The section as it was written: part of the step's cache key and of provenance.
        package let part: JSONValue
    }

    package struct Train: Sendable {
        package let repository: RepositoryName
        package let settings: TrainingSettings
        package let part: JSONValue
    }

    package struct Evaluate: Sendable {
        /// The split of the prepared dataset that is scored: `test` or `validation`.
        package let split: String
        /// Bound of an answer, in tokens.
        package let answerTokenLimit: Int
        package let seed: UInt64
        package let part: JSONValue
    }

    package struct Gate: Sendable {
        /// The gate file's bytes: what the verdict names.
        package let bytes: [UInt8]
        package let policy: GatePolicy
    }

    package struct Promote: Sendable {
        package let environment: String
    }

    package struct Image: Sendable {
        package let repository: RepositoryName
        /// Relative to the working directory.
        package let output: String
    }
}
