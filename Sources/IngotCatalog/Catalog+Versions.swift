// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import IngotCore

/// A version of a repository.
package struct VersionRecord: Sendable, Hashable {
    package let repository: RepositoryName
    package let number: Int
    package let digest: Digest
    package let kind: Kind
    /// The log entry that added it.
    package let logIndex: Int
    /// Seconds since 1970, UTC.
    package let addedAt: Int64

    /// The tag `vN`.
    package var tag: Tag { .version(number) }
}

/// Where a tag points, or pointed.
package struct TagRecord: Sendable, Hashable {
    package let repository: RepositoryName
    package let tag: Tag
    package let digest: Digest
    /// 1 for the tag's first place; rises by one with each move.
    package let counter: Int
    package let act: Act
    package let logIndex: Int
    /// Seconds since 1970, UTC.
    package let movedAt: Int64
}

extension Catalog {
    package func repositories() throws -> [RepositoryName] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT repository FROM version WHERE removedIndex IS NULL
                    ORDER BY repository
                    """
            ).map { try RepositoryName(parsing: $0) }
        }
    }

    /// All versions of a repository, the oldest first; none for an unknown one.
    package func versions(of repository: RepositoryName) throws -> [VersionRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM version WHERE repository = ? AND removedIndex IS NULL
                    ORDER BY number
                    """,
                arguments: [repository.text]
            ).map(VersionRecord.init)
        }
    }

    package func version(
        _ digest: Digest,
        in repository: RepositoryName
    ) throws -> VersionRecord? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM version
                    WHERE repository = ? AND digest = ? AND removedIndex IS NULL
                    """,
                arguments: [repository.text, digest]
            ).map(VersionRecord.init)
        }
    }

    /// Every place where a manifest is a version.
    package func versions(with digest: Digest) throws -> [VersionRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM version WHERE digest = ? AND removedIndex IS NULL
                    ORDER BY repository, number
                    """,
                arguments: [digest]
            ).map(VersionRecord.init)
        }
    }

    /// The version that a reference names.
    ///
    /// - Throws: `CatalogError` `.notFound` that says what there is instead.
    package func resolve(_ reference: Reference) throws -> Digest {
        try record(of: reference).digest
    }

    /// The version that a reference names, with its number.
    package func record(of reference: Reference) throws -> VersionRecord {
        let repository = reference.repository
        switch reference.target {
        case .digest(let digest):
            if let record = try version(digest, in: repository) { return record }
        case .tag(let tag):
            if let number = tag.versionNumber {
                let record = try read { db in
                    try Row.fetchOne(
                        db,
                        sql: """
                            SELECT * FROM version
                            WHERE repository = ? AND number = ? AND removedIndex IS NULL
                            """,
                        arguments: [repository.text, number]
                    ).map(VersionRecord.init)
                }
                if let record { return record }
            } else if let current = try self.tag(tag, of: repository),
                let record = try version(current.digest, in: repository)
            {
                return record
            }
        }
        throw CatalogError(.notFound, try explanation(of: reference))
    }

    private func explanation(of reference: Reference) throws -> String {
        let versions = try versions(of: reference.repository)
        guard let last = versions.last else {
            let known = try repositories().map(\.text)
            let hint =
                Spelling.nearest(to: reference.repository.text, among: known)
                .map { ": did you mean '\($0)'?" }
                ?? (known.isEmpty ? ": the store has none yet" : "")
            return "\(reference): no repository '\(reference.repository)'\(hint)"
        }
        let tags = try tags(of: reference.repository).map(\.tag.text)
        let range = last.number == 1 ? "v1" : "v1 to v\(last.number)"
        return "\(reference): not found: the repository has "
            + ([range] + tags).joined(separator: ", ")
    }

    /// The tags that move, not those of versions, in order of their names.
    package func tags(of repository: RepositoryName) throws -> [TagRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM tagMove AS move
                    WHERE repository = ? AND digest IS NOT NULL AND counter = (
                        SELECT max(counter) FROM tagMove
                        WHERE repository = move.repository AND tag = move.tag)
                    ORDER BY tag
                    """,
                arguments: [repository.text]
            ).map(TagRecord.init)
        }
    }

    /// Where a moving tag points; nil when there is none of that name.
    package func tag(_ tag: Tag, of repository: RepositoryName) throws -> TagRecord? {
        try tags(of: repository).first { $0.tag == tag }
    }

    /// All places a tag ever had, the first one first; its removals are left out.
    package func tagHistory(_ repository: RepositoryName, _ tag: Tag) throws -> [TagRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM tagMove
                    WHERE repository = ? AND tag = ? AND digest IS NOT NULL ORDER BY counter
                    """,
                arguments: [repository.text, tag.text]
            ).map(TagRecord.init)
        }
    }
}

extension VersionRecord {
    fileprivate init(row: Row) throws {
        let kind: String = row["kind"]
        guard let known = Kind(rawValue: kind) else {
            throw CatalogError(.unusable, "catalog: a version of the unknown kind '\(kind)'")
        }
        self.init(
            repository: try RepositoryName(parsing: row["repository"]),
            number: row["number"],
            digest: row["digest"],
            kind: known,
            logIndex: row["logIndex"],
            addedAt: row["addedAt"]
        )
    }
}

extension TagRecord {
    fileprivate init(row: Row) throws {
        let act: String = row["act"]
        guard let known = Act(rawValue: act) else {
            throw CatalogError(.unusable, "catalog: a tag moved by the unknown act '\(act)'")
        }
        self.init(
            repository: try RepositoryName(parsing: row["repository"]),
            tag: try Tag(parsing: row["tag"]),
            digest: row["digest"],
            counter: row["counter"],
            act: known,
            logIndex: row["logIndex"],
            movedAt: row["movedAt"]
        )
    }
}
