// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import IngotCore
internal import IngotCrypto

extension Catalog {
    /// Changes the state: the one way to do so.
    ///
    /// In one transaction the changes are checked against what is there and applied, the entry
    /// joins the log, and its new head is signed and kept. `sign` runs inside the transaction: what
    /// it throws undoes everything. The projections follow the commit; a fault of theirs is not one
    /// of the append: what is returned tells it, and opening the catalog completes them.
    ///
    /// - Parameters:
    ///   - draft: What is done; numbers and counters in it are assigned here.
    ///   - sign: Gives the signed note of a head.
    /// - Returns: The entry as it is in the log, with the head that it made.
    /// - Throws: `CatalogError` that names what a change met: a tag that moved meanwhile, a version
    ///   that exists, an unknown key.
    package func append(
        _ draft: LogEntryDraft,
        sign: (TreeHead) throws -> String
    ) throws -> LoggedEntry {
        guard !draft.changes.isEmpty else {
            throw CatalogError(.refused, "\(draft.act.rawValue): an entry without a change")
        }
        var logged = try write { db in
            let index = try LogQueries.size(db)
            let fold = Fold(db: db, act: draft.act, time: draft.time, index: index)
            var changes: [Change] = []
            for (position, change) in draft.changes.enumerated() {
                changes.append(try fold.apply(change, position: position))
            }
            let entry = LogEntry(
                act: draft.act,
                actor: draft.actor,
                time: draft.time,
                changes: changes
            )
            let head = try LogQueries.append(entry.canonicalBytes, at: index, db)
            let note = try sign(head)
            try db.execute(
                sql: "INSERT INTO logHead (size, root, note) VALUES (?, ?, ?)",
                arguments: [head.size, head.root, note]
            )
            return LoggedEntry(index: index, entry: entry, head: head, note: note)
        }
        do {
            try project()
        } catch {
            // The state is committed, so this is no failure of the append. Invariant (3): the next
            // opening writes what is missing.
            logged.projectionFault = "\(error)"
        }
        return logged
    }
}
