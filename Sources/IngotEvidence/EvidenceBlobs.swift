// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
package import IngotStore

/// Evidence blobs: what a statement rests on and only the store can show, as recipes, reports and
/// outputs.
///
/// Versions, files in versions and other statements are none: they come and go by themselves.
extension Predicate {
    /// The evidence blobs that the statement names.
    package var evidence: [Digest] {
        switch self {
        case .prepared(let facts): [facts.report] + [facts.recipe.digest].compactMap { $0 }
        case .trained(let facts): [facts.metrics] + [facts.recipe.digest].compactMap { $0 }
        case .evaluated(let facts): [facts.outputs]
        case .gateDecided(let facts):
            [facts.policy.digest, facts.environment?.digest].compactMap { $0 }
        case .reproduced(let facts): [facts.recipe]
        case .promoted(let facts): [facts.environmentDigest]
        case .rolledBack(let facts), .overridden(let facts): [facts.environmentDigest]
        case .datasetAdded, .baseImported, .runtimeAdded, .tagMoved, .removed, .merged,
            .environmentSet, .imageBuilt:
            []
        }
    }

    /// The evidence blobs that one of these names in turn.
    fileprivate func evidence(namedIn document: JSONValue) -> [Digest] {
        let names: [JSONValue?] =
            switch self {
            case .evaluated:
                // The index of the results, each with its per-example outputs.
                ([document["candidate"]].compactMap { $0 } + (document["baselines"]?.array ?? []))
                    .map { $0["outputs"] }
            case .gateDecided, .promoted, .rolledBack, .overridden, .environmentSet:
                [document["gate"]]
            default: []
            }
        return names.compactMap { $0?.string }.compactMap { try? Digest(parsing: $0) }
    }
}

extension Statement {
    /// Its evidence blobs, and those that these name as far as they are here.
    ///
    /// The definition that an environment's statement is about is one itself.
    /// A statement that says nothing readable names none.
    ///
    /// - Throws: `StoreError` when one that is here cannot be read.
    package func evidence(in blobs: BlobStore) throws -> Set<Digest> {
        guard let facts = try? facts() else { return [] }
        var found = Set<Digest>()
        let definition = facts.kind == .environmentSet ? [subject.digest] : []
        for digest in facts.evidence + definition {
            found.insert(digest)
            guard blobs.contains(digest),
                try blobs.byteCount(of: digest) <= EvidenceList.blobByteLimit
            else { continue }
            let bytes = try blobs.read(digest, limit: EvidenceList.blobByteLimit)
            guard bytes.first == UInt8(ascii: "{"), let document = try? JSONValue(parsing: bytes)
            else { continue }
            found.formUnion(facts.evidence(namedIn: document))
        }
        return found
    }
}

extension Ledger {
    /// The evidence blobs of the statements about a version that hold here, whether they are here
    /// or not.
    ///
    /// Of others nobody knows why they name what they name: it may be a stranger's guess at what
    /// this store has.
    package func evidence(about subject: Digest) throws -> Set<Digest> {
        try evidence(of: catalog.statements(about: subject))
    }

    /// The same of all statements about what is there.
    package func evidence() throws -> Set<Digest> {
        let removed = try catalog.namedDigests().removed
        let statements = try catalog.statements().filter { !removed.contains($0.subject) }
        return try evidence(of: statements).subtracting(removed)
    }

    private func evidence(of statements: [StatementRecord]) throws -> Set<Digest> {
        // Without keys that count no statement holds.
        guard try keys.hasTrust else { return [] }
        let check = try StatementCheck(ledger: self)
        var found = Set<Digest>()
        // A model signature names files alone.
        for record in statements where record.predicateType != PredicateKind.modelSignature.type {
            guard let verified = try check.finding(record).verified else { continue }
            let facts = try? verified.statement.facts()
            // One that is damaged is named itself, which is what `fsck` needs.
            found.formUnion(
                (try? verified.statement.evidence(in: blobs)) ?? Set(facts?.evidence ?? [])
            )
        }
        return found
    }
}
