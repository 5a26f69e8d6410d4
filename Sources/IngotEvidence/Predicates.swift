// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What a statement says about its subject, as the typed values that the pipeline fills in.
///
/// Who may sign it is in `PredicateKind`; the schemas are in `schemas/statements/`. Members (JSON):
///
/// - `datasetAdded`: repository, sources, fileCount, byteCount, git{commit, isDirty}
/// - `baseImported`: repository, format, file, source
/// - `runtimeAdded`: repository, program, version, platform
/// - `tagMoved`: repository, tag, from, to
/// - `removed`: repository, digest, tag
/// - `prepared`: SLSA provenance; externalParameters{recipe, inputs, base, parameters}; byproduct
///   `report`, annotated with the rows of each split
/// - `trained`: SLSA provenance; externalParameters{recipe, base, dataset, hyperparameters},
///   internalParameters, byproduct `metrics`
/// - `merged`: SLSA provenance; externalParameters{base, adapter, parameters}
/// - `evaluated`: in-toto test result; ingot_evaluation{candidate, baselines, dataset, split,
///   exampleCount, metrics, outputs, form, kernelSet, parameters, program, …}
/// - `gateDecided`: SLSA verification summary; policy, inputAttestations, verificationResult,
///   ingot_verdict, ingot_rules, ingot_environment
/// - `reproduced`: repository, recipe, base, dataset, program, internalParameters, agrees, found
/// - `promoted`: repository, environment, environmentDigest, from, to, verdict, approvals
/// - `rolledBack`, `overridden`: the same with a reason in place of verdict and approvals
/// - `environmentSet`: repository, environment
/// - `imageBuilt`: repository, inputs, evidence, platform, version
///
/// Own predicates write digests as `sha256:…`; the standard ones as their standards say. Extensions
/// of a standard predicate start with `ingot_`.
package enum Predicate: Hashable, Sendable {
    case datasetAdded(DatasetAddedFacts)
    case baseImported(BaseImportedFacts)
    case runtimeAdded(RuntimeAddedFacts)
    case tagMoved(TagMovedFacts)
    case removed(RemovedFacts)
    case prepared(PreparedFacts)
    case trained(TrainedFacts)
    case merged(MergedFacts)
    case evaluated(EvaluatedFacts)
    case gateDecided(VerdictFacts)
    case reproduced(ReproducedFacts)
    case promoted(PromotedFacts)
    case rolledBack(RolledBackFacts)
    case overridden(RolledBackFacts)
    case environmentSet(EnvironmentSetFacts)
    case imageBuilt(ImageBuiltFacts)

    package var kind: PredicateKind {
        switch self {
        case .datasetAdded: .datasetAdded
        case .baseImported: .baseImported
        case .runtimeAdded: .runtimeAdded
        case .tagMoved: .tagMoved
        case .removed: .removed
        case .prepared, .trained, .merged: .provenance
        case .evaluated: .testResult
        case .gateDecided: .verificationSummary
        case .reproduced: .reproduced
        case .promoted: .promoted
        case .rolledBack: .rolledBack
        case .overridden: .overridden
        case .environmentSet: .environmentSet
        case .imageBuilt: .imageBuilt
        }
    }

    /// The `predicate` member of the statement.
    package var json: JSONValue {
        switch self {
        case .datasetAdded(let facts): facts.json
        case .baseImported(let facts): facts.json
        case .runtimeAdded(let facts): facts.json
        case .tagMoved(let facts): facts.json
        case .removed(let facts): facts.json
        case .prepared(let facts): facts.provenance.json
        case .trained(let facts): facts.provenance.json
        case .merged(let facts): facts.provenance.json
        case .evaluated(let facts): facts.json
        case .gateDecided(let facts): facts.json
        case .reproduced(let facts): facts.json
        case .promoted(let facts): facts.json
        case .rolledBack(let facts), .overridden(let facts): facts.json
        case .environmentSet(let facts): facts.json
        case .imageBuilt(let facts): facts.json
        }
    }

    /// Reads the predicate of a statement; members that nobody knows are ignored.
    ///
    /// - Throws: `FieldError` with the place, also for a model signature, which has no facts.
    package init(kind: PredicateKind, json: JSONValue) throws(FieldError) {
        switch kind {
        case .datasetAdded: self = .datasetAdded(try DatasetAddedFacts(json: json))
        case .baseImported: self = .baseImported(try BaseImportedFacts(json: json))
        case .runtimeAdded: self = .runtimeAdded(try RuntimeAddedFacts(json: json))
        case .tagMoved: self = .tagMoved(try TagMovedFacts(json: json))
        case .removed: self = .removed(try RemovedFacts(json: json))
        case .provenance:
            let provenance = try Provenance(json: json)
            switch provenance.buildType {
            case .prepare: self = .prepared(try PreparedFacts(provenance))
            case .train: self = .trained(try TrainedFacts(provenance))
            case .merge: self = .merged(try MergedFacts(provenance))
            }
        case .testResult: self = .evaluated(try EvaluatedFacts(json: json))
        case .verificationSummary: self = .gateDecided(try VerdictFacts(json: json))
        case .reproduced: self = .reproduced(try ReproducedFacts(json: json))
        case .promoted: self = .promoted(try PromotedFacts(json: json))
        case .rolledBack: self = .rolledBack(try RolledBackFacts(json: json))
        case .overridden: self = .overridden(try RolledBackFacts(json: json))
        case .environmentSet: self = .environmentSet(try EnvironmentSetFacts(json: json))
        case .imageBuilt: self = .imageBuilt(try ImageBuiltFacts(json: json))
        case .modelSignature: throw FieldError("predicate: a model signature states no facts")
        }
    }
}
