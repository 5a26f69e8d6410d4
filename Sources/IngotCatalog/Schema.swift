// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The tables of the catalog. Invariants, kept by the schema wherever SQLite can:
///
/// (1) `version`, `tagMove`, `statement`, `environmentChange` and `signingKey` are the fold of the
///     entries of `logEntry`; nothing else writes them. Their rows are never changed; a key's
///     revocation and a version's removal are the exceptions.
/// (2) `logNode` holds the full subtrees of the Merkle tree of `logEntry`; `logHead` a signed head
///     for each size the log had after a commit.
/// (3) `chunk` and `pack` hold what the packs themselves say; `run`, `metric` and `cachedStep` are
///     working notes without log entries.
/// (4) `manifestLink`, `blobLink` and `digestAlias` say which bytes belong to which repository of a
///     registry; no state either. A blob link without a manifest is an upload's.
///
/// In a table WITHOUT ROWID the columns of the primary key come first: where they do not, SQLite
/// 3.40's `PRAGMA integrity_check` takes one column for another and finds NULLs that are not there.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            try db.execute(sql: log + fold + content + work)
        }
        migrator.registerMigration("v2") { db in try db.execute(sql: removal) }
        migrator.registerMigration("links") { db in try db.execute(sql: links) }
        migrator.registerMigration("linkTimes") { db in try db.execute(sql: linkTimes) }
        migrator.registerMigration("manifestLinkTimes") { db in
            try db.execute(sql: manifestLinkTimes)
        }
        return migrator
    }

    /// The tables of invariant (1), each with the columns that order its rows.
    static let folded = [
        ("version", "repository, number"), ("tagMove", "repository, tag, counter"),
        ("statement", "logIndex, position"), ("environmentChange", "repository, name, counter"),
        ("signingKey", "keyID"),
    ]

    private static let log = """
        CREATE TABLE logEntry (
            idx INTEGER PRIMARY KEY CHECK (idx >= 0),
            text BLOB NOT NULL CHECK (length(text) BETWEEN 2 AND 65535)
        ) STRICT;
        CREATE TABLE logNode (
            level INTEGER NOT NULL CHECK (level >= 0),
            idx INTEGER NOT NULL CHECK (idx >= 0),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (level, idx)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE logHead (
            size INTEGER PRIMARY KEY CHECK (size > 0),
            root BLOB NOT NULL CHECK (length(root) = 32),
            note TEXT NOT NULL CHECK (length(note) > 0)
        ) STRICT;

        """

    private static let fold = """
        CREATE TABLE version (
            repository TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number > 0),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            kind TEXT NOT NULL,
            addedAt INTEGER NOT NULL,
            logIndex INTEGER NOT NULL REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED,
            PRIMARY KEY (repository, number),
            UNIQUE (repository, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tagMove (
            repository TEXT NOT NULL,
            tag TEXT NOT NULL,
            counter INTEGER NOT NULL CHECK (counter > 0),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            act TEXT NOT NULL,
            movedAt INTEGER NOT NULL,
            logIndex INTEGER NOT NULL REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED,
            PRIMARY KEY (repository, tag, counter),
            FOREIGN KEY (repository, digest) REFERENCES version (repository, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE statement (
            logIndex INTEGER NOT NULL REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED,
            position INTEGER NOT NULL CHECK (position >= 0),
            subject BLOB NOT NULL CHECK (length(subject) = 32),
            envelope BLOB NOT NULL CHECK (length(envelope) = 32),
            referrer BLOB NOT NULL CHECK (length(referrer) = 32),
            predicateType TEXT NOT NULL,
            role TEXT NOT NULL,
            PRIMARY KEY (logIndex, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX statementSubject ON statement (subject, logIndex);
        CREATE TABLE environmentChange (
            repository TEXT NOT NULL,
            name TEXT NOT NULL,
            counter INTEGER NOT NULL CHECK (counter > 0),
            definition TEXT NOT NULL,
            changedAt INTEGER NOT NULL,
            logIndex INTEGER NOT NULL REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED,
            PRIMARY KEY (repository, name, counter)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE signingKey (
            keyID TEXT PRIMARY KEY NOT NULL,
            role TEXT NOT NULL,
            pem TEXT NOT NULL,
            detail TEXT NOT NULL,
            logIndex INTEGER NOT NULL REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED,
            revokedIndex INTEGER REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED,
            revokedReason TEXT,
            CHECK ((revokedIndex IS NULL) = (revokedReason IS NULL))
        ) STRICT, WITHOUT ROWID;

        """

    /// Versions can be removed, and tags: a tag's last move leads to nothing then.
    private static let removal = """
        ALTER TABLE version ADD COLUMN
            removedIndex INTEGER REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED;
        CREATE TABLE newTagMove (
            repository TEXT NOT NULL,
            tag TEXT NOT NULL,
            counter INTEGER NOT NULL CHECK (counter > 0),
            digest BLOB CHECK (length(digest) = 32),
            act TEXT NOT NULL,
            movedAt INTEGER NOT NULL,
            logIndex INTEGER NOT NULL REFERENCES logEntry DEFERRABLE INITIALLY DEFERRED,
            PRIMARY KEY (repository, tag, counter),
            FOREIGN KEY (repository, digest) REFERENCES version (repository, digest)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO newTagMove
            SELECT repository, tag, counter, digest, act, movedAt, logIndex FROM tagMove;
        DROP TABLE tagMove;
        ALTER TABLE newTagMove RENAME TO tagMove;
        """

    private static let content = """
        CREATE TABLE pack (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32)
        ) STRICT;
        CREATE TABLE chunk (
            digest BLOB PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
            pack INTEGER NOT NULL REFERENCES pack,
            offset INTEGER NOT NULL CHECK (offset >= 0),
            storedByteCount INTEGER NOT NULL CHECK (storedByteCount >= 0),
            byteCount INTEGER NOT NULL CHECK (byteCount >= 0),
            encoding INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        """

    private static let links = """
        CREATE TABLE manifestLink (
            repository TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            mediaType TEXT NOT NULL,
            artifactType TEXT,
            subject TEXT,
            annotations TEXT NOT NULL,
            isPushed INTEGER NOT NULL CHECK (isPushed IN (0, 1)),
            PRIMARY KEY (repository, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX manifestLinkSubject ON manifestLink (repository, subject)
            WHERE subject IS NOT NULL;
        CREATE TABLE blobLink (
            repository TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            manifest BLOB NOT NULL CHECK (length(manifest) IN (0, 32)),
            PRIMARY KEY (repository, digest, manifest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX blobLinkManifest ON blobLink (repository, manifest);
        CREATE INDEX blobLinkDigest ON blobLink (digest);
        CREATE TABLE digestAlias (
            sha512 BLOB PRIMARY KEY NOT NULL CHECK (length(sha512) = 64),
            digest BLOB NOT NULL CHECK (length(digest) = 32)
        ) STRICT, WITHOUT ROWID;
        """

    /// Seconds since 1970, UTC: an upload that no manifest names for long is garbage.
    private static let linkTimes = """
        ALTER TABLE blobLink ADD COLUMN linkedAt INTEGER NOT NULL DEFAULT 0;
        """

    /// When a manifest came last, by the clock and by the entries of the log there were: one that
    /// is pushed again after its version was removed is no garbage.
    private static let manifestLinkTimes = """
        ALTER TABLE manifestLink ADD COLUMN linkedAt INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE manifestLink ADD COLUMN logSize INTEGER NOT NULL DEFAULT 0;
        """

    private static let work = """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            recipe BLOB CHECK (length(recipe) = 32),
            parameters TEXT NOT NULL,
            environment TEXT NOT NULL,
            state TEXT NOT NULL
                CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled')),
            startedAt INTEGER NOT NULL,
            finishedAt INTEGER,
            outputs TEXT NOT NULL,
            CHECK ((finishedAt IS NULL) = (state = 'running'))
        ) STRICT;
        CREATE TABLE metric (
            run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
            name TEXT NOT NULL,
            step INTEGER NOT NULL CHECK (step >= 0),
            value REAL,
            PRIMARY KEY (run, name, step)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE cachedStep (
            key BLOB PRIMARY KEY NOT NULL CHECK (length(key) = 32),
            result TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
