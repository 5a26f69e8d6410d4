// SPDX-License-Identifier: Apache-2.0

/// What a key may say.
///
/// On one host roles separate meaning, not trust.
package enum Role: String, CaseIterable, Sendable, Comparable {
    /// Datasets added, bases imported, runtimes added, tags moved.
    case publisher
    /// Versions prepared, trained, merged.
    case trainer
    case evaluator
    /// Verdicts.
    case gate
    /// A person: approvals, overrides, holds, revocations.
    case approver
    /// Promotions and images: positive statements only, because cosign does not look at what a
    /// statement says.
    case release
    /// Deployments and rollbacks.
    case controller
    /// Keys, environments, the store itself.
    case admin
    /// Log heads; the one Ed25519 key.
    case log

    package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
