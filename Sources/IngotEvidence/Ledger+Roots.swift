// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
internal import IngotCore
package import IngotStore

extension Ledger {
    /// Marks what garbage collection keeps: every version, all that the registry's repositories
    /// have, every digest in the log, and what is stated about versions that are there.
    ///
    /// Stale links keep nothing. What was stated about a removed version stays itself; the bytes
    /// that it names do not stay for its sake.
    package func markRoots(
        _ reachable: inout Reachable,
        without stale: StaleLinks? = nil
    ) throws {
        let named = try catalog.namedDigests(without: stale)
        try reachable.add(manifests: named.versions.union(named.linkedManifests))
        reachable.keep(named.linkedBlobs)
        try reachable.add(mentioned: named.mentioned)
        for record in try catalog.statements()
        where !named.removed.contains(record.subject) && blobs.contains(record.envelope) {
            // What cannot be read now stops the collection; what is no bundle names nothing.
            let bytes = try blobs.read(record.envelope, limit: Bundle.byteLimit)
            guard let bundle = try? Bundle(parsing: bytes) else { continue }
            let stated = Digest.all(in: bundle.envelope.payload)
            let evidence = try (try? bundle.statement())?.evidence(in: blobs) ?? []
            try reachable.add(mentioned: stated.union(evidence).subtracting(named.removed))
        }
    }
}
