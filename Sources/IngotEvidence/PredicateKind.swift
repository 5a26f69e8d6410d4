// SPDX-License-Identifier: Apache-2.0

/// What a statement says: the one table of predicate types and of the roles that may sign them.
package enum PredicateKind: String, CaseIterable, Sendable {
    case datasetAdded = "https://ingot.dev/attestation/dataset-added/v1"
    case baseImported = "https://ingot.dev/attestation/base-imported/v1"
    case runtimeAdded = "https://ingot.dev/attestation/runtime-added/v1"
    case tagMoved = "https://ingot.dev/attestation/tag-moved/v1"
    case removed = "https://ingot.dev/attestation/removed/v1"
    /// SLSA provenance: prepared, trained and merged versions; its build type says which.
    case provenance = "https://slsa.dev/provenance/v1"
    /// in-toto test result: an evaluation.
    case testResult = "https://in-toto.io/attestation/test-result/v0.1"
    /// SLSA verification summary: a verdict.
    case verificationSummary = "https://slsa.dev/verification_summary/v1"
    case reproduced = "https://ingot.dev/attestation/reproduced/v1"
    case promoted = "https://ingot.dev/attestation/promoted/v1"
    case imageBuilt = "https://ingot.dev/attestation/image-built/v1"
    case rolledBack = "https://ingot.dev/attestation/rolled-back/v1"
    case overridden = "https://ingot.dev/attestation/overridden/v1"
    /// An environment's definition; the subject is the definition's blob.
    case environmentSet = "https://ingot.dev/attestation/environment-set/v1"
    /// OpenSSF model signature; its subject is the root over files, not a manifest.
    case modelSignature = "https://model_signing/signature/v1.0"

    /// The `predicateType` member.
    package var type: String { rawValue }

    package init?(type: String) { self.init(rawValue: type) }

    /// Who may sign it.
    package var roles: [Role] {
        switch self {
        case .datasetAdded, .baseImported, .runtimeAdded, .tagMoved, .removed: [.publisher]
        case .provenance: [.trainer]
        case .testResult, .reproduced: [.evaluator]
        case .verificationSummary: [.gate]
        case .promoted, .imageBuilt: [.release]
        case .rolledBack: [.controller]
        case .overridden: [.approver]
        case .environmentSet: [.admin]
        case .modelSignature: [.publisher, .trainer]
        }
    }
}
