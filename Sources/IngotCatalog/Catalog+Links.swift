// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
package import IngotCore

/// A manifest that belongs to a repository: pushed there, or of one of its versions.
package struct ManifestLink: Sendable, Hashable {
    package let digest: Digest
    /// What it is served as.
    package let mediaType: MediaType
    package let artifactType: MediaType?
    /// The digest that its `subject` names, as text; nil without one.
    package let subject: String?
    package let annotations: [String: String]
    /// Whether it came over the network: the bytes it leads to must have come to its repository
    /// too, whatever else the store holds.
    package let isPushed: Bool

    package init(
        digest: Digest,
        mediaType: MediaType,
        artifactType: MediaType?,
        subject: String?,
        annotations: [String: String],
        isPushed: Bool
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.subject = subject
        self.annotations = annotations
        self.isPushed = isPushed
    }
}

/// What became of a request to unlink a blob.
package enum BlobUnlinking: Sendable {
    case done
    case unknown
    /// A manifest of the repository needs it.
    case needed(by: Digest)
}

/// Which bytes belong to which repository: what a registry needs so that the right to read one
/// repository opens no other. No state of the log: rows can be made again from what is pushed.
extension Catalog {
    /// Links a manifest and the blobs that it names, all or none.
    package func link(
        _ manifest: ManifestLink,
        blobs: [Digest],
        in repository: RepositoryName
    ) throws {
        let annotations = JSONValue.object(manifest.annotations.mapValues { .string($0) })
        try write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO manifestLink
                        (repository, digest, mediaType, artifactType, subject, annotations, isPushed,
                        linkedAt, logSize)
                    VALUES (?, ?, ?, ?, ?, ?, ?, unixepoch(),
                        (SELECT coalesce(max(idx) + 1, 0) FROM logEntry))
                    """,
                arguments: [
                    repository.text, manifest.digest, manifest.mediaType.text,
                    manifest.artifactType?.text, manifest.subject, annotations.canonicalText,
                    manifest.isPushed,
                ]
            )
            for blob in blobs {
                try Self.insertLink(repository, blob, manifest: Data(manifest.digest.bytes), db)
            }
        }
    }

    /// Links a blob that was uploaded or mounted and that no manifest names yet.
    package func link(blob: Digest, in repository: RepositoryName) throws {
        try write { try Self.insertLink(repository, blob, manifest: Data(), $0) }
    }

    private static func insertLink(
        _ repository: RepositoryName,
        _ blob: Digest,
        manifest: Data,
        _ db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO blobLink (repository, digest, manifest, linkedAt)
                VALUES (?, ?, ?, unixepoch())
                ON CONFLICT DO UPDATE SET linkedAt = excluded.linkedAt
                """,
            arguments: [repository.text, blob, manifest]
        )
    }

    package func hasLink(blob: Digest, in repository: RepositoryName) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM blobLink WHERE repository = ? AND digest = ?)
                    """,
                arguments: [repository.text, blob]
            ) ?? false
        }
    }

    /// Those of the blobs that are not linked in a repository.
    package func unlinked(
        _ blobs: some Sequence<Digest>,
        in repository: RepositoryName
    ) throws -> [Digest] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT 1 FROM blobLink WHERE repository = ? AND digest = ? LIMIT 1"
            )
            return try blobs.filter {
                try Int.fetchOne(statement, arguments: [repository.text, $0]) == nil
            }
        }
    }

    /// All blobs of a repository.
    package func linkedBlobs(in repository: RepositoryName) throws -> Set<Digest> {
        try read { db in
            try Digest.fetchSet(
                db,
                sql: "SELECT digest FROM blobLink WHERE repository = ?",
                arguments: [repository.text]
            )
        }
    }

    /// The repositories that a blob belongs to, in order.
    package func repositories(withBlob blob: Digest) throws -> [RepositoryName] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT repository FROM blobLink WHERE digest = ? ORDER BY repository
                    """,
                arguments: [blob]
            ).map { try RepositoryName(parsing: $0) }
        }
    }

    package func manifestLink(
        _ digest: Digest,
        in repository: RepositoryName
    ) throws -> ManifestLink? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: "SELECT * FROM manifestLink WHERE repository = ? AND digest = ?",
                arguments: [repository.text, digest]
            ).map(ManifestLink.init)
        }
    }

    /// The manifests of a repository whose subject is this digest, in order of their own.
    package func manifestLinks(
        about subject: String,
        in repository: RepositoryName
    ) throws -> [ManifestLink] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM manifestLink WHERE repository = ? AND subject = ?
                    ORDER BY digest
                    """,
                arguments: [repository.text, subject]
            ).map(ManifestLink.init)
        }
    }

    /// The versions of a repository whose manifests are not linked, the oldest first.
    package func unlinkedVersions(of repository: RepositoryName) throws -> [Digest] {
        try read { db in
            try Digest.fetchAll(
                db,
                sql: """
                    SELECT digest FROM version
                    WHERE repository = ?1 AND removedIndex IS NULL AND NOT EXISTS (
                        SELECT 1 FROM manifestLink
                        WHERE repository = ?1 AND digest = version.digest)
                    ORDER BY number
                    """,
                arguments: [repository.text]
            )
        }
    }

    /// All repositories with a version or a linked manifest, in order.
    package func namedRepositories() throws -> [RepositoryName] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT repository FROM version WHERE removedIndex IS NULL
                    UNION SELECT repository FROM manifestLink
                    ORDER BY repository
                    """
            ).map { try RepositoryName(parsing: $0) }
        }
    }

    /// Whether anything at all belongs to a repository.
    package func isKnown(_ repository: RepositoryName) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM version
                            WHERE repository = ?1 AND removedIndex IS NULL)
                        OR EXISTS (SELECT 1 FROM manifestLink WHERE repository = ?1)
                        OR EXISTS (SELECT 1 FROM blobLink WHERE repository = ?1)
                    """,
                arguments: [repository.text]
            ) ?? false
        }
    }

    /// Takes a manifest out of a repository, and with it the blobs that only it names.
    ///
    /// False when it was not there. A version stays: the log removes it.
    package func unlink(manifest digest: Digest, in repository: RepositoryName) throws -> Bool {
        try write { db in
            try db.execute(
                sql: "DELETE FROM manifestLink WHERE repository = ? AND digest = ?",
                arguments: [repository.text, digest]
            )
            let wasThere = db.changesCount > 0
            try db.execute(
                sql: "DELETE FROM blobLink WHERE repository = ? AND manifest = ?",
                arguments: [repository.text, Data(digest.bytes)]
            )
            return wasThere
        }
    }

    /// Takes a blob out of a repository, unless a manifest of it needs the blob.
    package func unlink(blob: Digest, in repository: RepositoryName) throws -> BlobUnlinking {
        try write { db in
            let manifests = try Data.fetchAll(
                db,
                sql: "SELECT manifest FROM blobLink WHERE repository = ? AND digest = ?",
                arguments: [repository.text, blob]
            )
            guard !manifests.isEmpty else { return .unknown }
            if let needed = manifests.first(where: { $0.count == Digest.byteCount }) {
                return .needed(by: Digest(bytes: needed))
            }
            try db.execute(
                sql: "DELETE FROM blobLink WHERE repository = ? AND digest = ?",
                arguments: [repository.text, blob]
            )
            return .done
        }
    }

    /// Records that bytes with a SHA-512 are kept under their SHA-256.
    package func addAlias(sha512: [UInt8], of digest: Digest) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO digestAlias (sha512, digest) VALUES (?, ?)",
                arguments: [Data(sha512), digest]
            )
        }
    }

    /// The SHA-256 of bytes known by their SHA-512.
    package func digest(ofSHA512 sha512: [UInt8]) throws -> Digest? {
        try read { db in
            try Digest.fetchOne(
                db,
                sql: "SELECT digest FROM digestAlias WHERE sha512 = ?",
                arguments: [Data(sha512)]
            )
        }
    }
}

extension ManifestLink {
    fileprivate init(row: Row) throws {
        let artifactType: String? = row["artifactType"]
        let annotations = try row.json("annotations").object ?? [:]
        self.init(
            digest: row["digest"],
            mediaType: MediaType(row["mediaType"]),
            artifactType: artifactType.map { MediaType($0) },
            subject: row["subject"],
            annotations: annotations.compactMapValues(\.string),
            isPushed: row["isPushed"]
        )
    }
}
