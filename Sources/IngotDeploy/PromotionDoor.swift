// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvaluation
package import IngotEvidence
internal import IngotYAML
package import IngotStore

/// The one function that decides whether a version may run, behind every command that asks.
/// Invariants:
///
/// (1) A decision uses verified statements of this store and nothing else; it is signed before it
///     counts.
/// (2) `Approval` proves a decision that passed, and is made nowhere but here.
/// (3) An environment's tag moves only with an `Approval`, or back to where it was by a rollback.
package struct PromotionDoor: Sendable {
    let store: Store
    let catalog: Catalog
    let ledger: Ledger
    /// Of the program, for verdicts.
    let programVersion: String
    let now: @Sendable () -> Timestamp

    package init(
        store: Store,
        catalog: Catalog,
        ledger: Ledger,
        programVersion: String,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.catalog = catalog
        self.ledger = ledger
        self.programVersion = programVersion
        self.now = now
    }

    /// A signed verdict.
    package struct Decision: Sendable {
        package let version: Digest
        package let verdict: Verdict
        /// The envelope of the verdict's statement.
        package let envelope: Digest
        /// Set when the verdict is `passed` and was asked for an environment.
        package let approval: Approval?
    }

    /// The proof that a version passed an environment's gate.
    package struct Approval: Sendable {
        let version: Digest
        let environment: Environment
        let verdict: Digest

        fileprivate init(version: Digest, environment: Environment, verdict: Digest) {
            self.version = version
            self.environment = environment
            self.verdict = verdict
        }
    }

    /// Decides for an environment, by the gate in front of it.
    package func decide(_ reference: Reference, for environment: Environment) throws -> Decision {
        guard reference.repository == environment.repository else {
            throw DeployError(
                "\(reference): environment '\(environment.name)' belongs to "
                    + "\(environment.repository); promote a version of that"
            )
        }
        let gate = try store.blobs.read(environment.gate, limit: YAMLDocument.byteLimit)
        return try decide(reference, gate: gate, environment: environment)
    }

    /// Decides by a gate alone; nothing can be promoted with it.
    package func check(_ reference: Reference, gate: [UInt8]) throws -> Decision {
        try decide(reference, gate: gate, environment: nil)
    }

    private func decide(
        _ reference: Reference,
        gate: [UInt8],
        environment: Environment?
    ) throws -> Decision {
        let version = try catalog.resolve(reference)
        let policy = try GatePolicy(json: YAMLDocument.parse(gate))
        let gateDigest = try store.blobs.put(gate)
        let collection = try EvidenceCollection(about: version, ledger: ledger)
        let evidence = try collection.evidence(gate: gateDigest, blobs: store.blobs)
        let verdict = policy.verdict(on: evidence)
        let envelope = try sign(
            verdict,
            reference: reference,
            version: version,
            gate: (policy.name, gateDigest),
            evidence: collection.items.map(\.envelope),
            environment: environment
        )
        let approval: Approval? =
            if let environment, verdict.outcome == .passed {
                Approval(version: version, environment: environment, verdict: envelope)
            } else { nil }
        return Decision(
            version: version,
            verdict: verdict,
            envelope: envelope,
            approval: approval
        )
    }

    /// Signs a verdict, unless the same gate said the same of the same evidence before.
    private func sign(
        _ verdict: Verdict,
        reference: Reference,
        version: Digest,
        gate: (name: String?, digest: Digest),
        evidence: [Digest],
        environment: Environment?
    ) throws -> Digest {
        let facts = VerdictFacts(
            policy: ResourceRef(name: gate.name ?? "gate", digest: gate.digest),
            resource: reference.description,
            result: VerdictResult(verdict.outcome),
            rules: verdict.findings.map(RuleFact.init),
            evidence: evidence,
            environment: environment.map {
                ResourceRef(name: $0.name.text, digest: $0.digest)
            },
            time: now(),
            version: programVersion
        )
        if let known = try knownVerdict(facts, about: version) { return known }
        let recorded = try ledger.record(
            .gateDecided(facts),
            act: .gateDecided,
            subject: Statement.Subject(name: reference.description, digest: version)
        )
        guard let statement = recorded.statement else {
            throw DeployError("\(reference): the verdict was recorded without a statement")
        }
        return statement
    }

    private func knownVerdict(_ facts: VerdictFacts, about version: Digest) throws -> Digest? {
        let check = try StatementCheck(ledger: ledger)
        for record in try catalog.statements(about: version).reversed()
        where record.predicateType == PredicateKind.verificationSummary.type {
            // One that does not hold is no verdict: another is made.
            guard let verified = try check.finding(record).verified,
                case .gateDecided(var other) = try verified.statement.facts()
            else { continue }
            other.time = facts.time
            other.resource = facts.resource
            if other == facts { return record.envelope }
        }
        return nil
    }
}

extension VerdictResult {
    package init(_ outcome: Verdict.Outcome) {
        self =
            switch outcome {
            case .passed: .passed
            case .failed: .failed
            case .noData: .noData
            }
    }
}

extension RuleFact {
    init(_ finding: Verdict.Finding) {
        var values: [String: String] = [:]
        if let value = finding.value { values["value"] = FixedDecimal.text(value, 6) }
        if let threshold = finding.threshold {
            values["threshold"] = FixedDecimal.text(threshold, 6)
        }
        if let candidate = finding.candidate {
            values["candidate"] = FixedDecimal.text(candidate.value, 6)
        }
        if let baseline = finding.baseline {
            values["baseline"] = FixedDecimal.text(baseline.value, 6)
            values["baseline_name"] = baseline.name
        }
        if let comparison = finding.comparison { values["comparison"] = comparison.rawValue }
        self.init(
            rule: finding.rule,
            result: VerdictResult(finding.outcome),
            values: values,
            reason: finding.reason
        )
    }
}
