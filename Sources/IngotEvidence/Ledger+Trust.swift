// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotCrypto

/// A key of another store that counts here from now on.
package struct TrustedKey: Sendable, Hashable {
    package let role: Role
    package let keyID: String
    /// Who holds it.
    package let owner: String
}

extension Ledger {
    /// The member of a logged key that says of which other store it is.
    private static let storeMember = "store"
    /// The member of a logged log key that has it in the form of C2SP.
    static let verifierMember = "verifier"

    /// What another store needs to let this store's keys count: its own keys, not those that it
    /// lets count itself, so that trust is never passed on unasked.
    package func ownKeys() throws -> TrustFile {
        let trust = try keys.trust
        let own = Set(
            try catalog.keys()
                .filter { $0.detail[Self.storeMember] == nil && $0.revocation == nil }
                .map(\.keyID)
        )
        return TrustFile(
            storeID: trust.storeID,
            log: trust.log,
            entries: trust.entries.filter { own.contains($0.key.keyID) }
        )
    }

    /// Lets keys of another store count here, each for the role that it has there, through the log.
    ///
    /// The log entry, by the admin key, comes first and the trust file last: what is interrupted
    /// between them is finished by doing it again. Several may run at once, of one key or many.
    ///
    /// - Parameters:
    ///   - other: the other store's keys, from a source that is trusted.
    ///   - roles: those that are meant; each must be in the file. `log` is that of the other log's
    ///     key, which receipts of that log are checked with.
    ///   - owner: who holds the keys; by default what the file says.
    /// - Returns: the keys that did not count before.
    /// - Throws: `EvidenceError` for keys that cannot be meant.
    package func trust(
        _ other: TrustFile,
        roles: Set<Role>,
        owner: String? = nil
    ) throws -> [TrustedKey] {
        guard try other.storeID != keys.trust.storeID else {
            throw EvidenceError("store \(other.storeID): it is this store: its keys count already")
        }
        for role in roles.sorted() where role != .log && other.keys(for: role).isEmpty {
            throw EvidenceError(
                "store \(other.storeID): the file has no key of the role \(role.rawValue)"
            )
        }
        let meant = other.entries.filter { roles.contains($0.role) }.map {
            TrustFile.Entry(role: $0.role, owner: owner ?? $0.owner, key: $0.key)
        }
        let logOwner = owner ?? other.entries.first?.owner ?? other.storeID
        let logs = roles.contains(.log) ? [try Self.log(of: other)] : []
        var changes = try self.changes(trusting: meant, logs, logOwner, of: other.storeID)
        while !changes.isEmpty {
            do {
                _ = try append(act: .keyAdded, role: .admin, changes: changes)
                break
            } catch let error as CatalogError where error.code == .conflict {
                // Somebody else logged one of them meanwhile, so that fewer are left.
                let rest = try self.changes(trusting: meant, logs, logOwner, of: other.storeID)
                guard rest.count < changes.count else { throw error }
                changes = rest
            }
        }
        let added = try keys.add(meant, logs: logs)
        let signers = added.entries.map {
            TrustedKey(role: $0.role, keyID: $0.key.keyID, owner: $0.owner)
        }
        return try signers
            + added.logs.map { TrustedKey(role: .log, keyID: try $0.keyID(), owner: logOwner) }
    }

    /// What the log lacks to let keys of another store count.
    private func changes(
        trusting meant: [TrustFile.Entry],
        _ logs: [NoteVerifier],
        _ logOwner: String,
        of storeID: String
    ) throws -> [Change] {
        let known = Dictionary(
            try catalog.keys().map { ($0.keyID, $0.role) },
            uniquingKeysWith: { first, _ in first }
        )
        var changes: [Change] = []
        for entry in meant {
            if let role = known[entry.key.keyID] {
                guard role == entry.role.rawValue else {
                    throw EvidenceError(
                        "key \(entry.key.keyID.prefix(16)): it has the role \(role) here: a key "
                            + "has one role"
                    )
                }
                continue
            }
            changes.append(
                .key(
                    role: entry.role.rawValue,
                    keyID: entry.key.keyID,
                    pem: entry.key.pem,
                    detail: [
                        "owner": .string(entry.owner), Self.storeMember: .string(storeID),
                    ]
                )
            )
        }
        for log in logs where try known[log.keyID()] == nil {
            let detail: JSONValue = [
                "owner": .string(logOwner), Self.storeMember: .string(storeID),
                Self.verifierMember: .string(log.text),
            ]
            changes.append(try log.change(detail: detail))
        }
        return changes
    }

    /// The key of another store's log, which must have that log's name: no file may speak for a
    /// third store.
    private static func log(of other: TrustFile) throws(EvidenceError) -> NoteVerifier {
        let origin = KeyRing.logOrigin(storeID: other.storeID)
        guard other.log.name.utf8.elementsEqual(origin.utf8) else {
            throw EvidenceError(
                "store \(other.storeID): the log key in the file is that of \(other.log.name)"
            )
        }
        return other.log
    }
}
