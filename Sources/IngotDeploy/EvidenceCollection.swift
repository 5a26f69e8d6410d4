// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvaluation
package import IngotEvidence
package import IngotStore

/// What is known about a version and everything it was made from, every signature checked.
package struct EvidenceCollection: Sendable {
    /// A statement that the log names and whose signature holds.
    package struct Item: Sendable {
        package let envelope: Digest
        package let verified: VerifiedStatement
        package let facts: Predicate
    }

    package let version: Digest
    /// About the version and its ancestors, in the order they were found: the version's own first.
    package let items: [Item]

    /// Versions walked at most: a lineage deeper than this is not one that Ingot made.
    private static let versionLimit = 1000

    /// Walks from a version along the dependencies that its provenance states.
    ///
    /// - Throws: `DeployError` for a statement that does not hold, and for a lineage that is too
    ///   long: nothing doubtful is just left out.
    package init(about version: Digest, ledger: Ledger) throws {
        self.version = version
        let check = try StatementCheck(ledger: ledger)
        let catalog = ledger.catalog
        var items: [Item] = []
        var queue = [version]
        var seen: Set<Digest> = [version]
        while let subject = queue.first {
            queue.removeFirst()
            for record in try catalog.statements(about: subject) {
                guard let kind = PredicateKind(type: record.predicateType), kind.isLineage else {
                    continue
                }
                let finding = try check.finding(record)
                guard let verified = finding.verified else {
                    throw DeployError(
                        "\(subject): its statement of \(finding.time), \(kind.type), does not hold: "
                            + (finding.fault ?? "it could not be checked")
                    )
                }
                let facts = try verified.statement.facts()
                items.append(Item(envelope: record.envelope, verified: verified, facts: facts))
                for dependency in facts.dependencies {
                    guard seen.insert(dependency).inserted,
                        try !catalog.versions(with: dependency).isEmpty
                    else { continue }
                    guard seen.count <= Self.versionLimit else {
                        throw DeployError(
                            "\(version): its lineage has more than \(Self.versionLimit) inputs"
                        )
                    }
                    queue.append(dependency)
                }
            }
        }
        self.items = items
    }

    /// The newest evaluation of the version itself.
    package var evaluation: (item: Item, facts: EvaluatedFacts)? {
        for item in items.reversed() where item.verified.statement.subject.digest == version {
            if case .evaluated(let facts) = item.facts { return (item, facts) }
        }
        return nil
    }

    /// What a gate decides from.
    package func evidence(gate: Digest, blobs: BlobStore) throws -> Evidence {
        var inputs = ["gate": gate]
        guard let (item, facts) = evaluation else {
            return Evidence(candidate: nil, baselines: [], inputs: inputs)
        }
        inputs["evaluation"] = item.envelope
        inputs["outputs"] = facts.outputs
        let bundle = try EvaluationBundle(reading: facts.outputs, from: blobs)
        guard bundle.candidate.subject.digest == version else {
            throw DeployError(
                "evaluation \(facts.outputs): it is of another version than \(version)"
            )
        }
        return Evidence(
            candidate: bundle.candidate,
            baselines: bundle.baselines,
            inputs: inputs
        )
    }
}

extension PredicateKind {
    /// Whether a verdict rests on statements of this kind; what came after it does not count.
    fileprivate var isLineage: Bool {
        switch self {
        case .datasetAdded, .baseImported, .provenance, .testResult: true
        default: false
        }
    }
}

extension Predicate {
    /// The versions that this statement's subject was made from.
    fileprivate var dependencies: [Digest] {
        switch self {
        case .prepared(let facts): facts.provenance.resolvedDependencies.compactMap(\.digest)
        case .trained(let facts): facts.provenance.resolvedDependencies.compactMap(\.digest)
        case .merged(let facts): facts.provenance.resolvedDependencies.compactMap(\.digest)
        default: []
        }
    }
}
