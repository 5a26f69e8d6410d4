// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
internal import IngotCrypto
package import IngotEvidence

/// Where an environment's tag went.
package struct Move: Sendable {
    package let environment: Environment
    package let from: Digest?
    package let to: Digest
    /// False when the tag was there already.
    package let isNew: Bool
    /// The log entry of the move; nil when nothing moved.
    package let logIndex: Int?

    package init(
        environment: Environment,
        from: Digest?,
        to: Digest,
        isNew: Bool,
        logIndex: Int?
    ) {
        self.environment = environment
        self.from = from
        self.to = to
        self.isNew = isNew
        self.logIndex = logIndex
    }
}

extension PromotionDoor {
    /// Moves an environment's tag to the version that was approved.
    ///
    /// - Throws: `CatalogError` when somebody else moved it since.
    package func promote(_ approval: Approval) throws -> Move {
        let environment = approval.environment
        let current = try catalog.tag(environment.name, of: environment.repository)?.digest
        guard current != approval.version else {
            return Move(
                environment: environment,
                from: current,
                to: approval.version,
                isNew: false,
                logIndex: nil
            )
        }
        let facts = PromotedFacts(
            repository: environment.repository.text,
            environment: environment.name.text,
            environmentDigest: environment.digest,
            from: current,
            to: approval.version,
            verdict: approval.verdict
        )
        return try move(
            environment,
            from: current,
            to: approval.version,
            .promoted,
            .promoted(facts)
        )
    }

    /// Returns an environment's tag to the version that it named before the current one.
    package func rollback(_ environment: Environment, reason: String) throws -> Move {
        let history = try catalog.tagHistory(environment.repository, environment.name)
        guard let current = history.last,
            let previous = Self.previous(in: history.map { ($0.act, $0.digest) })
        else {
            throw DeployError(
                "\(environment.repository):\(environment.name): there is no version before this "
                    + "one to return to"
            )
        }
        let facts = RolledBackFacts(
            repository: environment.repository.text,
            environment: environment.name.text,
            environmentDigest: environment.digest,
            from: current.digest,
            to: previous,
            reason: reason
        )
        return try move(
            environment,
            from: current.digest,
            to: previous,
            .rolledBack,
            .rolledBack(facts)
        )
    }

    /// The version that was left when the current one came by promotion.
    ///
    /// A rollback undoes the last promotion that is still standing, so that two rollbacks go two
    /// versions back.
    static func previous<Version>(in history: [(act: Act, version: Version)]) -> Version? {
        var standing: [Version] = []
        for (act, version) in history {
            if act == .rolledBack, standing.count > 1 {
                standing.removeLast()
            } else {
                standing.append(version)
            }
        }
        return standing.count > 1 ? standing[standing.count - 2] : nil
    }

    private func move(
        _ environment: Environment,
        from: Digest?,
        to version: Digest,
        _ act: Act,
        _ predicate: Predicate
    ) throws -> Move {
        let recorded = try ledger.record(
            predicate,
            act: act,
            subject: Statement.Subject(
                name: "\(environment.repository):\(environment.name)",
                digest: version
            ),
            changes: [
                .tag(
                    repository: environment.repository,
                    tag: environment.name,
                    from: from,
                    to: version
                )
            ]
        )
        return Move(
            environment: environment,
            from: from,
            to: version,
            isNew: true,
            logIndex: recorded.logIndex
        )
    }
}

extension Environment {
    /// What verdicts and promotions name.
    package var digest: Digest { Digest.of(json.canonicalBytes) }
}
