// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore

/// Applies the changes of one entry to the tables: the only code that writes the folded ones.
///
/// Appending and replaying are the same calls; a change that was recorded says its number and
/// counter, and a replay refuses it when they are not the next ones.
struct Fold {
    let db: Database
    let act: Act
    let time: Int64
    /// The entry's place in the log.
    let index: Int

    /// Applies the change at a place of the entry, and returns it with its number or counter.
    ///
    /// Nothing may be committed when it throws: the state does not allow the change then.
    func apply(_ change: Change, position: Int) throws -> Change {
        switch change {
        case .version(let repository, let number, let digest, let kind):
            try addVersion(repository, number, digest, kind)
        case .tag(let repository, let tag, let from, let to, let counter):
            try moveTag(repository, tag, from: from, to: to, counter)
        case .versionRemoved(let repository, let digest):
            try removeVersion(repository, digest) ?? change
        case .statement(let subject, let envelope, let referrer, let predicateType, let role):
            try addStatement(subject, envelope, referrer, predicateType, role, position) ?? change
        case .environment(let name, let definition, let counter):
            try setEnvironment(name, definition, counter)
        case .key(let role, let keyID, let pem, let detail):
            try addKey(role, keyID, pem, detail) ?? change
        case .keyRevoked(let keyID, let reason):
            try revokeKey(keyID, reason) ?? change
        }
    }

    /// The number that follows, which a recorded one must be.
    private func next(after last: Int?, recorded: Int?, of what: String) throws -> Int {
        let next = (last ?? 0) + 1
        guard recorded ?? next == next else {
            throw CatalogError(
                .conflict,
                "\(what): \(next) comes next, not \(recorded ?? 0)"
            )
        }
        return next
    }

    private func addVersion(
        _ repository: RepositoryName,
        _ number: Int?,
        _ digest: Digest,
        _ kind: Kind
    ) throws -> Change {
        if let restored = try restoreVersion(repository, number, digest) {
            return .version(repository: repository, number: restored, digest: digest, kind: kind)
        }
        let last = try Int.fetchOne(
            db,
            sql: "SELECT max(number) FROM version WHERE repository = ?",
            arguments: [repository.text]
        )
        let next = number ?? (last ?? 0) + 1
        let isTaken = try Bool.fetchOne(
            db,
            sql: "SELECT EXISTS (SELECT 1 FROM version WHERE repository = ? AND number = ?)",
            arguments: [repository.text, next]
        )
        guard next > 0, isTaken != true else {
            throw CatalogError(
                .conflict,
                "\(repository):v\(next): that number was given to other content"
            )
        }
        try db.execute(
            sql: """
                INSERT INTO version (repository, number, digest, kind, addedAt, logIndex)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [repository.text, next, digest, kind.rawValue, time, index]
        )
        return .version(repository: repository, number: next, digest: digest, kind: kind)
    }

    /// The number of content that was there before and was removed, which it gets again; nil for
    /// new content.
    private func restoreVersion(
        _ repository: RepositoryName,
        _ number: Int?,
        _ digest: Digest
    ) throws -> Int? {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT number, removedIndex FROM version WHERE repository = ? AND digest = ?",
            arguments: [repository.text, digest]
        )
        guard let row else { return nil }
        let known: Int = row["number"]
        guard (row["removedIndex"] as Int?) != nil, number ?? known == known else {
            throw CatalogError(
                .conflict,
                "\(repository): this content is already there as v\(known)"
            )
        }
        try db.execute(
            sql: "UPDATE version SET removedIndex = NULL WHERE repository = ? AND number = ?",
            arguments: [repository.text, known]
        )
        return known
    }

    private func removeVersion(_ repository: RepositoryName, _ digest: Digest) throws -> Change? {
        let name = "\(repository)@\(digest.short)"
        let tags = try TagQueries.current(db, repository).filter { $0.digest == digest }
        if let tag = tags.first?.tag {
            throw CatalogError(
                .refused,
                "\(name): the tag \(tag) names it: remove or move the tag first"
            )
        }
        let environment = try String.fetchOne(
            db,
            sql: """
                SELECT tag FROM tagMove WHERE repository = :repository AND digest = :digest
                    AND tag IN (SELECT name FROM environmentChange WHERE repository = :repository)
                """,
            arguments: ["repository": repository.text, "digest": digest]
        )
        if let environment {
            throw CatalogError(
                .refused,
                "\(name): it ran in \(environment): what a deployment used is kept for audits"
            )
        }
        try db.execute(
            sql: """
                UPDATE version SET removedIndex = ?
                WHERE repository = ? AND digest = ? AND removedIndex IS NULL
                """,
            arguments: [index, repository.text, digest]
        )
        guard db.changesCount == 1 else {
            throw CatalogError(.notFound, "\(name): not a version of \(repository)")
        }
        return nil
    }

    private func moveTag(
        _ repository: RepositoryName,
        _ tag: Tag,
        from: Digest?,
        to: Digest?,
        _ counter: Int?
    ) throws -> Change {
        let name = "\(repository):\(tag)"
        guard tag.versionNumber == nil else {
            throw CatalogError(
                .refused,
                "tag \(name): version tags are made by adding a version and never move"
            )
        }
        let isEnvironment = try TagQueries.isEnvironment(db, repository, tag)
        guard !isEnvironment || act.movesEnvironments else {
            throw CatalogError(
                .refused,
                "tag \(name): it belongs to an environment: use promote, rollback or override"
            )
        }
        let current = try TagQueries.current(db, repository, tag)
        guard current?.digest == from else {
            throw CatalogError(
                .conflict,
                try Self.moved(db, repository, tag, current?.digest, from)
            )
        }
        if let to {
            let isVersion = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM version
                        WHERE repository = ? AND digest = ? AND removedIndex IS NULL)
                    """,
                arguments: [repository.text, to]
            )
            guard isVersion == true else {
                throw CatalogError(
                    .notFound,
                    "tag \(name): \(to) is not a version of \(repository)"
                )
            }
        } else if from == nil {
            throw CatalogError(.notFound, "tag \(name): there is none")
        }
        let next = try next(after: current?.counter, recorded: counter, of: "tag \(name): move")
        try db.execute(
            sql: """
                INSERT INTO tagMove (repository, tag, counter, digest, act, movedAt, logIndex)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                repository.text, tag.text, next, to, act.rawValue, time, index,
            ]
        )
        return .tag(repository: repository, tag: tag, from: from, to: to, counter: next)
    }

    /// Says what the tag names now, as a version where it is one.
    private static func moved(
        _ db: Database,
        _ repository: RepositoryName,
        _ tag: Tag,
        _ current: Digest?,
        _ expected: Digest?
    ) throws -> String {
        let name: (Digest?) throws -> String = { digest in
            guard let digest else { return "nothing" }
            let number = try Int.fetchOne(
                db,
                sql: "SELECT number FROM version WHERE repository = ? AND digest = ?",
                arguments: [repository.text, digest]
            )
            return number.map { "v\($0) (\(digest.short))" } ?? digest.description
        }
        return "tag \(repository):\(tag): it names \(try name(current)) now, not "
            + "\(try name(expected)): look at it and run the command again"
    }

    private func addStatement(
        _ subject: Digest,
        _ envelope: Digest,
        _ referrer: Digest,
        _ predicateType: String,
        _ role: String,
        _ position: Int
    ) throws -> Change? {
        try db.execute(
            sql: """
                INSERT INTO statement
                    (subject, envelope, referrer, predicateType, role, position, logIndex)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [subject, envelope, referrer, predicateType, role, position, index]
        )
        return nil
    }

    private func setEnvironment(
        _ name: String,
        _ definition: JSONValue,
        _ counter: Int?
    ) throws -> Change {
        let tag = try Tag(parsing: name)
        guard tag.versionNumber == nil else {
            throw CatalogError(.refused, "environment \(name): the name is that of a version tag")
        }
        guard let repositoryText = definition["repository"]?.string else {
            throw CatalogError(
                .refused,
                "environment \(name): its definition names no repository"
            )
        }
        let repository = try RepositoryName(parsing: repositoryText)
        let last = try Int.fetchOne(
            db,
            sql: "SELECT max(counter) FROM environmentChange WHERE repository = ? AND name = ?",
            arguments: [repository.text, name]
        )
        if last == nil, try TagQueries.current(db, repository, tag) != nil {
            throw CatalogError(
                .refused,
                "environment \(repository):\(name): a tag of that name exists that no gate let "
                    + "through: choose another name"
            )
        }
        let next = try next(
            after: last,
            recorded: counter,
            of: "environment \(repository):\(name): change"
        )
        try db.execute(
            sql: """
                INSERT INTO environmentChange
                    (repository, name, counter, definition, changedAt, logIndex)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [repository.text, name, next, definition.canonicalText, time, index]
        )
        return .environment(name: name, definition: definition, counter: next)
    }

    private func addKey(
        _ role: String,
        _ keyID: String,
        _ pem: String,
        _ detail: JSONValue
    ) throws -> Change? {
        let exists = try Bool.fetchOne(
            db,
            sql: "SELECT EXISTS (SELECT 1 FROM signingKey WHERE keyID = ?)",
            arguments: [keyID]
        )
        guard exists != true else {
            throw CatalogError(.conflict, "key \(keyID): it is already known")
        }
        try db.execute(
            sql: """
                INSERT INTO signingKey (keyID, role, pem, detail, logIndex) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [keyID, role, pem, detail.canonicalText, index]
        )
        return nil
    }

    private func revokeKey(_ keyID: String, _ reason: String) throws -> Change? {
        try db.execute(
            sql: """
                UPDATE signingKey SET revokedIndex = ?, revokedReason = ?
                WHERE keyID = ? AND revokedIndex IS NULL
                """,
            arguments: [index, reason, keyID]
        )
        guard db.changesCount == 1 else {
            throw CatalogError(.notFound, "key \(keyID): no such key, or it is revoked already")
        }
        return nil
    }
}

/// Questions about tags inside a transaction.
enum TagQueries {
    static func current(
        _ db: Database,
        _ repository: RepositoryName,
        _ tag: Tag
    ) throws -> (digest: Digest?, counter: Int)? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT digest, counter FROM tagMove WHERE repository = ? AND tag = ?
                ORDER BY counter DESC LIMIT 1
                """,
            arguments: [repository.text, tag.text]
        ).map { ($0["digest"], $0["counter"]) }
    }

    /// Where the moving tags of a repository point, by name; nowhere for removed ones.
    static func current(
        _ db: Database,
        _ repository: RepositoryName
    ) throws -> [(tag: String, digest: Digest?)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT tag, digest FROM tagMove AS move WHERE repository = ? AND counter = (
                    SELECT max(counter) FROM tagMove
                    WHERE repository = move.repository AND tag = move.tag)
                ORDER BY tag
                """,
            arguments: [repository.text]
        ).map { ($0["tag"], $0["digest"]) }
    }

    static func isEnvironment(
        _ db: Database,
        _ repository: RepositoryName,
        _ tag: Tag
    ) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM environmentChange WHERE repository = ? AND name = ?)
                """,
            arguments: [repository.text, tag.text]
        ) ?? false
    }
}
