// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence
internal import IngotStore

extension Ledger {
    /// Names a version that was pulled, with the statements that came along, through the log.
    ///
    /// - Parameters:
    ///   - version: what came.
    ///   - repository: where it goes.
    ///   - number: its number elsewhere; where that is taken here, it gets the next.
    ///   - tag: a moving tag that names it there, unless it is an environment's here.
    /// - Returns: its number here, and how many statements are by keys that do not count here.
    /// - Throws: `CatalogError` when the log does not take it in.
    package func record(
        pulled version: PulledVersion,
        in repository: RepositoryName,
        number: Int?,
        tag: Tag?
    ) throws -> (number: Int, untrusted: Int) {
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
        if !changes.isEmpty {
            _ = try append(act: .pulled, role: .publisher, changes: changes)
        }
        guard let record = try catalog.version(version.digest, in: repository) else {
            throw TransferError("\(repository)@\(version.digest): it got no number")
        }
        return (record.number, untrusted)
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
