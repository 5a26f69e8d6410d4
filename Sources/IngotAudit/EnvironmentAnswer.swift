// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
internal import IngotCrypto
internal import IngotEvidence

/// What an environment runs, and every move of its tag.
package struct EnvironmentAnswer: Sendable {
    package struct Move: Sendable {
        package let record: TagRecord
        /// The name of the version that it moved to.
        package let version: String
        /// The statement that vouches for the move; nil when none holds.
        package let statement: AuditStatement?
    }

    package let record: EnvironmentRecord
    /// Of the definition; what verdicts and promotions name.
    package let definitionDigest: Digest
    /// The statement about the definition.
    package let definedBy: AuditStatement?
    /// The first one first.
    package let moves: [Move]
    /// Moves that nobody who may has vouched for, in one line each.
    package let faults: [String]

    package var name: String { "\(record.repository):\(record.name)" }

    /// What it runs now; nil before the first promotion.
    package var current: Move? { moves.last }
}

extension EnvironmentAnswer {
    init(_ record: EnvironmentRecord, reader: NodeReader) throws {
        self.record = record
        let catalog = reader.ledger.catalog
        definitionDigest = Digest.of(record.definition.canonicalBytes)
        definedBy = try catalog.statements(about: definitionDigest).last.map {
            try reader.statement($0)
        }
        var moves: [Move] = []
        var faults: [String] = []
        var previous: Digest?
        for tag in try catalog.tagHistory(record.repository, Tag(parsing: record.name)) {
            let version = try catalog.version(tag.digest, in: record.repository)
            let statements = try catalog.statements(about: tag.digest)
                .filter { $0.logIndex == tag.logIndex }.map { try reader.statement($0) }
            let place = "\(record.repository):\(record.name), move \(tag.counter)"
            let statement = statements.first { $0.moves(record, from: previous, to: tag.digest) }
            if let statement {
                faults += try Self.verdictFaults(statement, of: tag.digest, reader, place)
            } else {
                faults.append(
                    "\(place), log entry \(tag.logIndex): no statement that holds vouches for it"
                )
            }
            moves.append(
                Move(
                    record: tag,
                    version: version.map { "\($0.repository):\($0.tag)" }
                        ?? tag.digest.description,
                    statement: statement
                )
            )
            previous = tag.digest
        }
        self.moves = moves
        self.faults = faults
    }

    /// A promotion stands on a verdict that passed, about the same version.
    private static func verdictFaults(
        _ statement: AuditStatement,
        of version: Digest,
        _ reader: NodeReader,
        _ place: String
    ) throws -> [String] {
        guard case .promoted(let facts)? = statement.facts else { return [] }
        let record = try reader.ledger.catalog.statements(about: version)
            .first { $0.envelope == facts.verdict }
        guard let record else {
            return ["\(place): its verdict \(facts.verdict) is not among the version's statements"]
        }
        let verdict = try reader.statement(record)
        guard case .gateDecided(let decided)? = verdict.facts, decided.result == .passed else {
            return ["\(place): its verdict \(facts.verdict) is none that passed"]
        }
        guard verdict.logIndex < statement.logIndex else {
            return ["\(place): its verdict is younger than the promotion"]
        }
        return []
    }
}

extension AuditStatement {
    /// Whether it vouches for this move of an environment's tag.
    fileprivate func moves(_ environment: EnvironmentRecord, from: Digest?, to: Digest) -> Bool {
        let (repository, name, source, target): (String, String, Digest?, Digest)
        switch facts {
        case .promoted(let facts):
            (repository, name, source, target) = (
                facts.repository, facts.environment, facts.from, facts.to
            )
        case .rolledBack(let facts), .overridden(let facts):
            (repository, name, source, target) = (
                facts.repository, facts.environment, facts.from, facts.to
            )
        default: return false
        }
        return repository == environment.repository.text && name == environment.name
            && source == from && target == to
    }
}
