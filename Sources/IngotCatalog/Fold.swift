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
        let existing = try Int.fetchOne(
            db,
            sql: "SELECT number FROM version WHERE repository = ? AND digest = ?",
            arguments: [repository.text, digest]
        )
        if let existing {
            throw CatalogError(
                .conflict,
                "\(repository): this content is already there as v\(existing)"
            )
        }
        let last = try Int.fetchOne(
            db,
            sql: "SELECT max(number) FROM version WHERE repository = ?",
            arguments: [repository.text]
        )
        let next = try next(after: last, recorded: number, of: "\(repository): version")
        try db.execute(
            sql: """
                INSERT INTO version (repository, number, digest, kind, addedAt, logIndex)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [repository.text, next, digest, kind.rawValue, time, index]
        )
        return .version(repository: repository, number: next, digest: digest, kind: kind)
    }

    private func moveTag(
        _ repository: RepositoryName,
        _ tag: Tag,
        from: Digest?,
        to: Digest,
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
        let isVersion = try Bool.fetchOne(
            db,
            sql: "SELECT EXISTS (SELECT 1 FROM version WHERE repository = ? AND digest = ?)",
            arguments: [repository.text, to]
        )
        guard isVersion == true else {
            throw CatalogError(.notFound, "tag \(name): \(to) is not a version of \(repository)")
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
    ) throws -> (digest: Digest, counter: Int)? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT digest, counter FROM tagMove WHERE repository = ? AND tag = ?
                ORDER BY counter DESC LIMIT 1
                """,
            arguments: [repository.text, tag.text]
        ).map { ($0["digest"], $0["counter"]) }
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
