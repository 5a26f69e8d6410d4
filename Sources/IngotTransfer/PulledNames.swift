// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence
internal import IngotStore

/// What became of a version that was pulled.
package struct PulledNames: Sendable, Hashable {
    /// Its number here.
    package let number: Int
    /// Statements by keys that do not count here.
    package let untrusted: Int
    /// Statements that a receipt proves to be in a log that counts here.
    package let proved: Int
    /// The logs of other receipts, in order: their keys do not count here.
    package let unknownLogs: [String]
    /// Receipts that prove nothing, in a line each: what they are about counts as unproved.
    package let receiptFaults: [String]
    /// What else came and was not recorded for want of keys, in a line; nil where all was.
    package let unrecorded: String?

    init(
        number: Int,
        untrusted: Int,
        proofs: [StatementProof],
        receiptFaults: [String],
        unrecorded: String?
    ) {
        self.number = number
        self.untrusted = untrusted
        self.receiptFaults = receiptFaults
        self.unrecorded = unrecorded
        proved = proofs.count { if case .receipt = $0 { true } else { false } }
        let logs = proofs.compactMap { proof in
            if case .logNotTrusted(let log) = proof { log } else { nil }
        }
        unknownLogs = Set(logs).sorted()
    }
}

extension Ledger {
    /// Refuses a pull whose version would get no name here for want of keys.
    ///
    /// What has a name comes whole again without them; what is new about it is not recorded then.
    package func checkKeys(forPulling version: Digest, into repository: RepositoryName) throws {
        if try catalog.version(version, in: repository) == nil { try checkKeys(of: .publisher) }
    }

    /// Names a version that was pulled, with the statements that came along, through the log.
    ///
    /// - Parameters:
    ///   - version: what came.
    ///   - repository: where it goes.
    ///   - number: its number elsewhere; where that is taken here, it gets the next.
    ///   - tag: a moving tag that names it there, unless it is an environment's here.
    /// - Returns: what it is here, and what that is worth.
    /// - Throws: `CatalogError` when the log does not take it in, `EvidenceError` when a version that
    ///   has no name here gets none for want of keys.
    package func record(
        pulled version: PulledVersion,
        in repository: RepositoryName,
        number: Int?,
        tag: Tag?
    ) throws -> PulledNames {
        var changes: [Change] = []
        let known = try catalog.version(version.digest, in: repository)
        if known == nil {
            let isTaken = try catalog.versions(of: repository).contains { $0.number == number }
            changes.append(
                .version(
                    repository: repository,
                    number: isTaken ? nil : number,
                    digest: version.digest,
                    kind: version.kind
                )
            )
        }
        let recorded = Set(try catalog.statements(about: version.digest).map(\.envelope))
        var untrusted = 0
        for statement in version.statements where !recorded.contains(statement.envelope) {
            let (change, isTrusted) = try change(statement, about: version.digest)
            guard let change else { continue }
            changes.append(change)
            if !isTrusted { untrusted += 1 }
        }
        if let tag, tag.versionNumber == nil {
            let current = try catalog.tag(tag, of: repository)?.digest
            let isEnvironment = try catalog.environments().contains {
                $0.repository == repository && $0.name == tag.text
            }
            if current != version.digest, !isEnvironment {
                changes.append(
                    .tag(repository: repository, tag: tag, from: current, to: version.digest)
                )
            }
        }
        var unrecorded: String?
        if !changes.isEmpty {
            do {
                _ = try append(act: .pulled, role: .publisher, changes: changes)
            } catch let error as EvidenceError where known != nil {
                unrecorded = "\(Self.list(changes)) came and is not recorded: \(error.message)"
            }
        }
        guard let record = try catalog.version(version.digest, in: repository) else {
            throw TransferError("\(repository)@\(version.digest): it got no number")
        }
        let faults = try keep(
            receipts: version.receipts,
            of: recorded.union(version.statements.map(\.envelope)),
            about: version.digest,
            in: repository
        )
        return PulledNames(
            number: record.number,
            untrusted: untrusted,
            proofs: Array(try proofs(about: version.digest).values),
            receiptFaults: version.receiptFaults + faults,
            unrecorded: unrecorded
        )
    }

    /// What a pull changes of a version that has a name, for people.
    private static func list(_ changes: [Change]) -> String {
        let statements = changes.count { if case .statement = $0 { true } else { false } }
        let tags = changes.compactMap { change in
            if case .tag(_, let tag, _, _, _) = change { "the tag '\(tag)'" } else { nil }
        }
        return ((statements > 0 ? ["new statements: \(statements)"] : []) + tags)
            .joined(separator: ", ")
    }

    /// Nil for a statement of a kind that this program does not know.
    private func change(
        _ pulled: PulledStatement,
        about version: Digest
    ) throws -> (change: Change?, isTrusted: Bool) {
        let bytes = try blobs.read(pulled.envelope, limit: Bundle.byteLimit)
        let role: Role
        let type: String
        let isTrusted: Bool
        if let verified = try? keys.trust.verify(bytes) {
            (role, type, isTrusted) = (verified.role, verified.kind.type, true)
        } else {
            guard let statement = try? Bundle(parsing: bytes).statement(),
                let kind = PredicateKind(type: statement.predicateType)
            else { return (nil, false) }
            (role, type, isTrusted) = (kind.roles[0], kind.type, false)
        }
        let change = Change.statement(
            subject: version,
            envelope: pulled.envelope,
            referrer: pulled.referrer,
            predicateType: type,
            role: role.rawValue
        )
        return (change, isTrusted)
    }
}
