// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
internal import IngotCrypto
internal import IngotStore

/// A statement of the log and what checking it came to.
package struct StatementFinding: Sendable {
    package let record: StatementRecord
    /// What its log entry did; nil when that cannot be read.
    package let act: Act?
    /// When the log took it in.
    package let time: Timestamp
    /// Nil when it does not hold.
    package let verified: VerifiedStatement?
    /// Why it does not hold, in one line; nil when it does.
    package let fault: String?

    /// The signer's role; of one whose signature does not hold, the one that was recorded.
    package var role: String { verified?.role.rawValue ?? record.role }

    package init(
        record: StatementRecord,
        act: Act?,
        time: Timestamp,
        verified: VerifiedStatement?,
        fault: String?
    ) {
        self.record = record
        self.act = act
        self.time = time
        self.verified = verified
        self.fault = fault
    }
}

/// What is stated about one subject, and whether it holds.
package struct VerificationReport: Sendable {
    package let subject: Digest
    package let findings: [StatementFinding]
    /// The head that all statements are proved against.
    package let head: String?
    /// What is wrong beyond single statements.
    package let faults: [String]

    /// Whether there is a statement and every one holds.
    package var isValid: Bool {
        faults.isEmpty && !findings.isEmpty && findings.allSatisfy { $0.fault == nil }
    }
}

extension Ledger {
    /// Checks every statement about a subject: its signatures, role and predicate type together,
    /// its subject, its referrer, its log entry, and the entry's place under the signed head.
    package func verify(_ subject: Digest) throws -> VerificationReport {
        try StatementCheck(ledger: self).report(on: subject)
    }
}

/// Checks statements of one store against one head, by one trust file.
package struct StatementCheck: Sendable {
    private let ledger: Ledger
    private let trust: TrustFile
    private let head: LogHead?
    private let note: String?
    private let headFault: String?
    private let revocations: [String: KeyRecord.Revocation]

    /// - Throws: `EvidenceError` where there is no trust file: then no signature can be judged.
    package init(ledger: Ledger) throws {
        self.ledger = ledger
        trust = try ledger.keys.trustForJudging
        note = try ledger.catalog.signedHead()
        guard let note else {
            (head, headFault) = (nil, "the log has no signed head: nothing is proved")
            revocations = [:]
            return
        }
        do throws(EvidenceError) {
            head = try LogHead(verifying: note, with: trust.log)
            headFault = nil
        } catch { (head, headFault) = (nil, error.message) }
        revocations = Dictionary(
            try ledger.catalog.keys().compactMap { key in key.revocation.map { (key.keyID, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    package func report(on subject: Digest) throws -> VerificationReport {
        let findings = try ledger.catalog.statements(about: subject).map(finding)
        var faults = headFault.map { [$0] } ?? []
        if findings.isEmpty {
            faults.append("\(subject): no statement is about it: nobody vouches for it")
        }
        return VerificationReport(
            subject: subject,
            findings: findings,
            head: note,
            faults: faults
        )
    }

    package func finding(_ record: StatementRecord) throws -> StatementFinding {
        var act: Act?
        var time = Timestamp(seconds: 0)
        do {
            let entryBytes = try ledger.catalog.logEntryBytes(record.logIndex)
            let entry = try LogEntry(parsing: entryBytes)
            act = entry.act
            time = Timestamp(seconds: entry.time)
            // What came from elsewhere was signed there; the actor is who took it in, and could not
            // tell the role of a key that did not count yet.
            let verified = try verify(record, isForeign: entry.act.isForeign)
            let signer = verified.signer.keyID
            guard entry.act.isForeign || entry.actor == signer else {
                throw EvidenceError(
                    "log entry \(record.logIndex): its actor is not the key that signed the "
                        + "statement"
                )
            }
            try checkLog(record, entry: entry, bytes: entryBytes, signer: signer)
            return StatementFinding(
                record: record,
                act: act,
                time: time,
                verified: verified,
                fault: nil
            )
        } catch let error as any IngotError {
            return StatementFinding(
                record: record,
                act: act,
                time: time,
                verified: nil,
                fault: error.message
            )
        }
    }

    private func verify(
        _ record: StatementRecord,
        isForeign: Bool
    ) throws -> VerifiedStatement {
        let bytes = try ledger.blobs.read(record.envelope, limit: Bundle.byteLimit)
        let isModelSignature =
            record.predicateType == PredicateKind.modelSignature.type
        // A model signature's subject is the root over the files; its version is in the predicate.
        let verified = try trust.verify(
            bytes,
            about: isModelSignature ? nil : record.subject
        )
        guard verified.statement.predicateType == record.predicateType,
            isForeign || verified.role.rawValue == record.role
        else {
            throw EvidenceError(
                "the catalog calls it \(record.predicateType) by \(record.role), but it is "
                    + "\(verified.statement.predicateType) by \(verified.role.rawValue)"
            )
        }
        if isModelSignature {
            let store = Store(blobs: ledger.blobs, index: ledger.catalog.chunkIndex)
            try ModelSignature.verify(
                bytes,
                files: store.readTree(of: record.subject).map {
                    ModelSignature.File(path: $0.path, digest: $0.digest)
                },
                version: record.subject,
                trust: trust
            )
        }
        let manifest = try Manifest(
            parsing: ledger.blobs.read(record.referrer, limit: Manifest.byteLimit)
        )
        guard manifest.subject?.digest == record.subject,
            manifest.layers.map(\.digest) == [record.envelope]
        else {
            throw EvidenceError(
                "referrer \(record.referrer): it does not attach the statement to its subject"
            )
        }
        return verified
    }

    private func checkLog(
        _ record: StatementRecord,
        entry: LogEntry,
        bytes: [UInt8],
        signer: String
    ) throws {
        let change = Change.statement(
            subject: record.subject,
            envelope: record.envelope,
            referrer: record.referrer,
            predicateType: record.predicateType,
            role: record.role
        )
        guard entry.changes.contains(change) else {
            throw EvidenceError(
                "log entry \(record.logIndex): it does not name this statement: the catalog was "
                    + "edited"
            )
        }
        if let revocation = revocations[signer], revocation.logIndex < record.logIndex {
            throw EvidenceError(
                "its key was revoked before, by log entry \(revocation.logIndex): "
                    + revocation.reason
            )
        }
        let head = try head(covering: record.logIndex)
        let proof = try ledger.catalog.inclusionProof(of: record.logIndex, size: head.size)
        guard
            MerkleHash.sha256.verifies(
                inclusionOf: MerkleHash.sha256.leaf(bytes),
                at: record.logIndex,
                in: head.size,
                proof: proof,
                root: head.root
            )
        else {
            throw EvidenceError(
                "log entry \(record.logIndex): it is not what the signed head commits to: the log "
                    + "was edited after it was signed"
            )
        }
    }

    /// The head that was read first or, for an entry that somebody wrote meanwhile, the newest.
    private func head(covering index: Int) throws -> LogHead {
        guard let head else {
            throw EvidenceError(headFault ?? "the log has no signed head: nothing is proved")
        }
        guard index >= head.size, let note = try ledger.catalog.signedHead() else { return head }
        return try LogHead(verifying: note, with: trust.log)
    }
}
