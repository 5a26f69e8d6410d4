// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
package import IngotStore

extension Ledger {
    /// Marks what garbage collection keeps: every version, all that the registry's repositories have,
    /// every digest in the log, and what is stated about versions that are there.
    ///
    /// What was stated about a removed version stays itself; the bytes that it names do not stay for
    /// its sake.
    package func markRoots(_ reachable: inout Reachable) throws {
        let named = try catalog.namedDigests()
        try reachable.add(named.versions, areRequired: true)
        try reachable.add(named.linked)
        try reachable.add(named.mentioned)
        for record in try catalog.statements() where !named.removed.contains(record.subject) {
            // A statement that cannot be read names nothing; `fsck` tells of it.
            guard let bytes = try? blobs.read(record.envelope, limit: Bundle.byteLimit),
                let bundle = try? Bundle(parsing: bytes)
            else { continue }
            let stated = Digest.all(in: bundle.envelope.payload)
            let evidence = (try? bundle.statement().evidence(in: blobs)) ?? []
            try reachable.add(stated.union(evidence).subtracting(named.removed))
        }
    }
}
