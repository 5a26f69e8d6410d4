// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCatalog
package import IngotCore
package import IngotStore

/// Signs statements about versions and records state changes with them.
///
/// Invariants:
///
/// (1) Bytes before names: the bundle and the manifest that refers to its subject are durable blobs
///     before the log entry that names them is committed.
/// (2) What is signed is what the entry changes: both are made from the same values, here.
package struct Ledger: Sendable {
    package let blobs: BlobStore
    package let catalog: Catalog
    package let keys: KeyRing
    package let now: @Sendable () -> Timestamp

    package init(
        blobs: BlobStore,
        catalog: Catalog,
        keys: KeyRing,
        now: @escaping @Sendable () -> Timestamp = Ledger.systemTime
    ) {
        self.blobs = blobs
        self.catalog = catalog
        self.keys = keys
        self.now = now
    }

    package static let systemTime: @Sendable () -> Timestamp = {
        Timestamp(seconds: Int64(time(nil)))
    }

    /// Makes the first entry of a store's log: its keys.
    @discardableResult
    package func recordCreation() throws -> RecordedChange {
        let trust = try keys.trust
        var changes = trust.entries.map { entry in
            Change.key(
                role: entry.role.rawValue,
                keyID: entry.key.keyID,
                pem: entry.key.pem,
                detail: ["owner": .string(entry.owner)]
            )
        }
        let log = trust.log
        changes.append(try log.change(detail: [Self.verifierMember: .string(log.text)]))
        return try append(act: .storeCreated, role: .admin, changes: changes)
    }

    /// Defines an environment, signed by the admin key.
    @discardableResult
    package func setEnvironment(name: String, definition: JSONValue) throws -> RecordedChange {
        let digest = try blobs.put(definition.canonicalBytes)
        let facts = EnvironmentSetFacts(
            repository: definition["repository"]?.string ?? "",
            environment: name
        )
        return try record(
            .environmentSet(facts),
            act: .environmentSet,
            subject: Statement.Subject(name: name, digest: digest),
            changes: [.environment(name: name, definition: definition)]
        )
    }

    /// Signs a statement about a blob of the store, mostly a version's manifest, and commits it
    /// with the changes that it vouches for.
    ///
    /// With `files` given, an OpenSSF model signature over them is recorded beside it.
    @discardableResult
    package func record(
        _ predicate: Predicate,
        act: Act,
        subject: Statement.Subject,
        changes: [Change] = [],
        files: [ModelSignature.File]? = nil
    ) throws -> RecordedChange {
        let kind = predicate.kind
        var statements = [Statement(subject: subject, predicate: predicate)]
        if let files {
            statements.append(
                ModelSignature.statement(
                    name: subject.name,
                    files: files,
                    version: subject.digest
                )
            )
        }
        return try record(
            statements,
            about: subject.digest,
            act: act,
            role: kind.roles[0],
            changes: changes
        )
    }

    /// The same for a predicate that is given as JSON.
    @discardableResult
    package func record(
        act: Act,
        role: Role,
        subject: Statement.Subject,
        predicateType: String,
        predicate: JSONValue,
        changes: [Change]
    ) throws -> RecordedChange {
        guard let kind = PredicateKind(type: predicateType), kind.roles.contains(role) else {
            throw EvidenceError("the role \(role.rawValue) must not sign \(predicateType)")
        }
        let statement = Statement(
            subject: subject,
            predicateType: predicateType,
            predicate: predicate
        )
        return try record(
            [statement],
            about: subject.digest,
            act: act,
            role: role,
            changes: changes
        )
    }

    /// Refuses what could not be recorded in the name of a role: before the work, not after it.
    ///
    /// - Throws: `EvidenceError` that names the key which is not here or does not count.
    package func checkKeys(of role: Role) throws {
        _ = try keys.signingKey(role)
        _ = try keys.logSigner()
    }

    /// Commits changes that no statement is about, in the name of a role's key.
    package func append(act: Act, role: Role, changes: [Change]) throws -> RecordedChange {
        let actor = try keys.signingKey(role).publicKey.keyID
        return try commit(act: act, actor: actor, changes: changes, statements: [])
    }

    private func record(
        _ statements: [Statement],
        about subject: Digest,
        act: Act,
        role: Role,
        changes: [Change]
    ) throws -> RecordedChange {
        let key = try keys.signingKey(role)
        let descriptor = Descriptor(
            mediaType: act == .environmentSet ? MediaType("application/json") : .imageManifest,
            digest: subject,
            byteCount: try blobs.byteCount(of: subject)
        )
        var all = changes
        var envelopes: [Digest] = []
        let batch = blobs.batch()
        for statement in statements {
            let bundle = try Bundle(signing: statement, with: key).canonicalBytes
            let manifest = Referrer.manifest(
                of: bundle,
                predicateType: statement.predicateType,
                subject: descriptor
            )
            let envelope = try batch.add(bundle)
            _ = try batch.add(EmptyConfig.bytes)
            let referrer = try batch.add(manifest.canonicalBytes)
            envelopes.append(envelope)
            all.append(
                .statement(
                    subject: subject,
                    envelope: envelope,
                    referrer: referrer,
                    predicateType: statement.predicateType,
                    role: role.rawValue
                )
            )
        }
        // Invariant (1).
        try batch.commit()
        return try commit(
            act: act,
            actor: key.publicKey.keyID,
            changes: all,
            statements: envelopes
        )
    }

    private func commit(
        act: Act,
        actor: String,
        changes: [Change],
        statements: [Digest]
    ) throws -> RecordedChange {
        let signer = try keys.logSigner()
        let draft = LogEntryDraft(
            act: act,
            actor: actor,
            time: now().seconds,
            changes: changes
        )
        let logged = try catalog.append(draft) { head in
            let text = LogHead(origin: signer.verifier.name, size: head.size, root: head.root).text
            return try signer.sign(text).description
        }
        return RecordedChange(statements: statements, log: logged)
    }
}

/// What was recorded, and where in the log.
package struct RecordedChange: Sendable {
    /// The bundles' blobs, the statement about the act first; none for a change without one.
    package let statements: [Digest]
    package let log: LoggedEntry

    /// The bundle of the statement about the act.
    package var statement: Digest? { statements.first }
    package var logIndex: Int { log.index }
    /// The number that a new version got.
    package var versionNumber: Int? { log.versionNumber }
    /// The signed head.
    package var head: String { log.note }
}
