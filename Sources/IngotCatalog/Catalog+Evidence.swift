// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import IngotCore

/// A signed statement that the log names.
package struct StatementRecord: Sendable, Hashable {
    package let subject: Digest
    package let predicateType: String
    /// The bundle's blob.
    package let envelope: Digest
    /// The manifest that refers to the subject and holds the bundle.
    package let referrer: Digest
    package let role: String
    package let logIndex: Int
}

/// A definition of an environment.
package struct EnvironmentRecord: Sendable, Hashable {
    package let repository: RepositoryName
    package let name: String
    package let definition: JSONValue
    /// 1 for the first definition.
    package let counter: Int
    package let logIndex: Int
    /// Seconds since 1970, UTC.
    package let changedAt: Int64
}

/// A public key and what it counts for.
package struct KeyRecord: Sendable, Hashable {
    package let keyID: String
    package let role: String
    package let pem: String
    package let detail: JSONValue
    package let logIndex: Int
    /// The log entry that revoked it, and why.
    package let revocation: Revocation?

    package struct Revocation: Sendable, Hashable {
        package let logIndex: Int
        package let reason: String
    }
}

extension Catalog {
    /// The statements about a version or other bytes, in the order of the log.
    package func statements(about subject: Digest) throws -> [StatementRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM statement WHERE subject = ? ORDER BY logIndex, position",
                arguments: [subject]
            ).map(StatementRecord.init)
        }
    }

    /// All statements, in the order of the log.
    package func statements() throws -> [StatementRecord] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM statement ORDER BY logIndex, position")
                .map(StatementRecord.init)
        }
    }

    /// The environments as they are now, by repository and name.
    package func environments() throws -> [EnvironmentRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM environmentChange AS change WHERE counter = (
                        SELECT max(counter) FROM environmentChange
                        WHERE repository = change.repository AND name = change.name)
                    ORDER BY repository, name
                    """
            ).map(EnvironmentRecord.init)
        }
    }

    /// An environment by `repository:name`, or by its bare name.
    ///
    /// - Throws: `CatalogError` `.notFound` when there is none, `.refused` when a bare name is that
    ///   of several.
    package func environment(named name: String) throws -> EnvironmentRecord {
        let all = try environments()
        let found = all.filter {
            $0.name == name || "\($0.repository):\($0.name)" == name
        }
        guard let first = found.first else {
            let known = all.map { "\($0.repository):\($0.name)" }.joined(separator: ", ")
            throw CatalogError(
                .notFound,
                "environment '\(name)': there is none of that name"
                    + (known.isEmpty ? "" : ": there are \(known)")
            )
        }
        guard found.count == 1 else {
            let names = found.map { "\($0.repository):\($0.name)" }.joined(separator: " or ")
            throw CatalogError(.refused, "environment '\(name)': say \(names)")
        }
        return first
    }

    /// All keys, revoked ones too, in the order they were added.
    package func keys() throws -> [KeyRecord] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM signingKey ORDER BY logIndex, keyID")
                .map(KeyRecord.init)
        }
    }
}

extension StatementRecord {
    fileprivate init(row: Row) {
        self.init(
            subject: row["subject"],
            predicateType: row["predicateType"],
            envelope: row["envelope"],
            referrer: row["referrer"],
            role: row["role"],
            logIndex: row["logIndex"]
        )
    }
}

extension EnvironmentRecord {
    fileprivate init(row: Row) throws {
        self.init(
            repository: try RepositoryName(parsing: row["repository"]),
            name: row["name"],
            definition: try row.json("definition"),
            counter: row["counter"],
            logIndex: row["logIndex"],
            changedAt: row["changedAt"]
        )
    }
}

extension KeyRecord {
    fileprivate init(row: Row) throws {
        let revokedIndex: Int? = row["revokedIndex"]
        let reason: String? = row["revokedReason"]
        self.init(
            keyID: row["keyID"],
            role: row["role"],
            pem: row["pem"],
            detail: try row.json("detail"),
            logIndex: row["logIndex"],
            revocation: revokedIndex.map { Revocation(logIndex: $0, reason: reason ?? "") }
        )
    }
}
