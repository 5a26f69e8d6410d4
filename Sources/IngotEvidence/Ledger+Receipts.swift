// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
internal import IngotStore

extension Ledger {
    /// Receipts about one version that are looked at; a registry's clients may push any number.
    private static let receiptLimit = 1000

    /// The receipt of an entry of this log.
    ///
    /// - Throws: `EvidenceError` where the log keeps no signed head of that size.
    package func receipt(ofEntry index: Int) throws -> Receipt {
        let entry = try catalog.logEntryBytes(index)
        guard let head = try catalog.signedHead(ofSize: index + 1) else {
            throw EvidenceError("log entry \(index): its signed head is missing: nothing proves it")
        }
        let proof = try catalog.inclusionProof(of: index, size: index + 1)
        return try Receipt(
            entryBytes: entry,
            proof: InclusionProof(index: index, proof: proof, head: head)
        )
    }

    /// The receipts that travel with a version of a repository: those of its statements that were
    /// signed here, and those that came along with others.
    ///
    /// An entry says all that it changed. One that names another repository stays here, as what came
    /// along with the version there: whoever may read the one learns nothing about the other.
    package func receipts(
        about version: Digest,
        in repository: RepositoryName
    ) throws -> [Receipt] {
        let records = try catalog.statements(about: version)
        var receipts: [Receipt] = []
        for index in Set(records.map(\.logIndex)).sorted() {
            let entry = try catalog.logEntry(index)
            guard !entry.act.isForeign, entry.repositories.allSatisfy({ $0 == repository.text }),
                try catalog.signedHead(ofSize: index + 1) != nil
            else { continue }
            receipts.append(try receipt(ofEntry: index))
        }
        var known = Set(receipts)
        let envelopes = Set(records.map(\.envelope))
        for receipt in try keptReceipts(about: version, in: [repository])
        where !receipt.envelopes(about: version).isDisjoint(with: envelopes)
            && known.insert(receipt).inserted
        { receipts.append(receipt) }
        return receipts
    }

    /// How each statement about a version is proved, by its bundle.
    package func proofs(about version: Digest) throws -> [Digest: StatementProof] {
        var proofs: [Digest: StatementProof] = [:]
        for record in try catalog.statements(about: version) {
            // An entry that cannot be read proves nothing; why it cannot, the finding says.
            let entry = try? catalog.logEntry(record.logIndex)
            proofs[record.envelope] = entry?.act.isForeign == false ? .ownLog : .noReceipt
        }
        let repositories = try catalog.versions(with: version).map(\.repository)
        for receipt in try keptReceipts(about: version, in: repositories) {
            let proof: StatementProof
            do {
                let checked = try check(receipt)
                proof =
                    checked.isTrusted
                    ? .receipt(log: checked.head.origin, index: receipt.proof.index)
                    : .logNotTrusted(log: checked.head.origin)
            } catch let error as EvidenceError { proof = .wrong(error.message) }
            for envelope in receipt.envelopes(about: version) {
                guard let known = proofs[envelope], known.rank < proof.rank else { continue }
                proofs[envelope] = proof
            }
        }
        return proofs
    }

    /// Checks a receipt by the log keys that count here and were not revoked; one of this log must be
    /// of an entry that is in it still.
    package func check(_ receipt: Receipt) throws -> CheckedReceipt {
        // Whoever has no trust file knows no log.
        guard try keys.hasTrust else { return try receipt.check(by: []) }
        let trust = try keys.trust
        let revoked = Set(try catalog.keys().filter { $0.revocation != nil }.map(\.keyID))
        let logs = try trust.logs.filter { try !revoked.contains($0.keyID()) }
        let checked = try receipt.check(by: [trust.log] + logs)
        let index = receipt.proof.index
        guard checked.isTrusted, checked.head.origin.utf8.elementsEqual(trust.log.name.utf8) else {
            return checked
        }
        guard try index < catalog.logSize(),
            try catalog.logEntryBytes(index) == receipt.entryBytes
        else {
            throw EvidenceError(
                "receipt: this store's log has not the entry \(index) that its key signed: history "
                    + "was rewritten, or an older copy of the store was put back"
            )
        }
        return checked
    }

    /// Keeps receipts that came along with a version, as what belongs to its repository.
    ///
    /// A receipt is given by its manifest, which is here with all that it names. One whose proof is
    /// wrong, or whose entry names none of the statements that came, is not kept: what is returned
    /// says why, in a line each.
    package func keep(
        receipts: [Digest],
        of envelopes: Set<Digest>,
        about version: Digest,
        in repository: RepositoryName
    ) throws -> [String] {
        var faults: [String] = []
        for manifest in receipts {
            do {
                let receipt = try Receipt(manifest, about: version, in: blobs)
                guard !receipt.envelopes(about: version).isDisjoint(with: envelopes) else {
                    throw EvidenceError(
                        "its entry names no statement about the version that came along"
                    )
                }
                _ = try check(receipt)
            } catch let error as EvidenceError {
                faults.append("receipt \(manifest.short): \(error.message)")
                continue
            }
            guard try catalog.manifestLink(manifest, in: repository) == nil else { continue }
            let bytes = try blobs.read(manifest, limit: Manifest.byteLimit)
            try catalog.link(
                ManifestLink(
                    digest: manifest,
                    mediaType: .imageManifest,
                    artifactType: .receipt,
                    subject: version.description,
                    annotations: [:],
                    isPushed: false
                ),
                blobs: [EmptyConfig.descriptor.digest]
                    + Receipt.layers(of: bytes, about: version).map(\.digest),
                in: repository
            )
        }
        return faults
    }

    /// Those that are whole; one that is damaged is for `fsck` to say.
    ///
    /// - Throws: `FileError` for a disk that cannot be read, which says nothing about a receipt.
    private func keptReceipts(
        about version: Digest,
        in repositories: [RepositoryName]
    ) throws -> [Receipt] {
        var seen = Set<Digest>()
        let links = try repositories.flatMap {
            try catalog.manifestLinks(about: version.description, in: $0)
        }
        return try links.filter { $0.artifactType == .receipt && seen.insert($0.digest).inserted }
            .prefix(Self.receiptLimit)
            .compactMap { link in
                do {
                    return try Receipt(link.digest, about: version, in: blobs)
                } catch is EvidenceError {
                    return nil
                } catch is ManifestError {
                    return nil
                } catch is StoreError { return nil }
            }
    }
}
