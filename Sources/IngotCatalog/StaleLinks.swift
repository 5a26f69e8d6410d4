// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Glibc

/// Tells the links of a registry that hold nothing any more from those that are needed, or will be.
///
/// A manifest's link is stale when its version, or the one that it refers to, was removed after it
/// was made. What is pushed again after the removal is on its way to its number, and has as long
/// for that as an upload that no manifest names. The log's order decides what came first.
package struct StaleLinks: Sendable {
    /// Seconds since 1970: what was linked until then has been on its way for too long.
    private let expired: Int
    /// Seconds since 1970: what is linked from then on belongs to an operation that is under way.
    private let begun: Int

    /// What is stale at this moment, however long it takes to remove it.
    package init(uploadSeconds: Int, begun: Int) {
        expired = time(nil) - uploadSeconds
        self.begun = begun
    }

    var arguments: StatementArguments { ["expired": expired, "begun": begun] }

    /// The condition on a row of `manifestLink`.
    static let manifest = "(repository, digest) IN (\(manifests))"

    /// The condition on a row of `blobLink`.
    static let blob = """
        CASE length(manifest) WHEN 0
            THEN linkedAt <= :expired AND linkedAt < :begun
            ELSE (repository, manifest) IN (\(manifests)) OR NOT EXISTS (
                SELECT 1 FROM manifestLink AS link WHERE link.repository = blobLink.repository
                    AND link.digest = blobLink.manifest)
        END
        """

    private static let manifests = """
        SELECT repository, digest FROM manifestLink AS link
        WHERE linkedAt < :begun AND EXISTS (
            SELECT 1 FROM version WHERE version.repository = link.repository
                AND (version.digest = link.digest
                    OR link.subject = 'sha256:' || lower(hex(version.digest)))
                AND (version.removedIndex >= link.logSize
                    OR version.removedIndex IS NOT NULL
                        AND linkedAt <= :expired))
        """
}
