// SPDX-License-Identifier: Apache-2.0

internal import IngotEvidence

/// The facts of one kind of statement; nil for the others.
extension Predicate {
    var datasetAdded: DatasetAddedFacts? {
        if case .datasetAdded(let it) = self { it } else { nil }
    }
    var baseImported: BaseImportedFacts? {
        if case .baseImported(let it) = self { it } else { nil }
    }
    var runtimeAdded: RuntimeAddedFacts? {
        if case .runtimeAdded(let it) = self { it } else { nil }
    }
    var prepared: PreparedFacts? { if case .prepared(let it) = self { it } else { nil } }
    var trained: TrainedFacts? { if case .trained(let it) = self { it } else { nil } }
    var merged: MergedFacts? { if case .merged(let it) = self { it } else { nil } }
    var evaluated: EvaluatedFacts? { if case .evaluated(let it) = self { it } else { nil } }
    var gateDecided: VerdictFacts? { if case .gateDecided(let it) = self { it } else { nil } }
    var imageBuilt: ImageBuiltFacts? { if case .imageBuilt(let it) = self { it } else { nil } }

    /// The environment whose tag it moved, as `repository:name`.
    var environmentName: String? {
        switch self {
        case .promoted(let facts): "\(facts.repository):\(facts.environment)"
        case .rolledBack(let facts), .overridden(let facts):
            "\(facts.repository):\(facts.environment)"
        default: nil
        }
    }
}
