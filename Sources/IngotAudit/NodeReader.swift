// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotEvidence
internal import IngotStore

/// Reads what a store knows about a version, checking every statement.
struct NodeReader {
    let ledger: Ledger
    private let check: StatementCheck
    /// Names in this repository come first: those that were asked for.
    private let preferred: RepositoryName?

    init(ledger: Ledger, preferring repository: RepositoryName? = nil) throws {
        self.ledger = ledger
        preferred = repository
        check = try StatementCheck(ledger: ledger)
    }

    func node(_ digest: Digest) throws -> LineageNode {
        let versions = try ledger.catalog.versions(with: digest)
        let named =
            versions.filter { $0.repository == preferred }
            + versions.filter { $0.repository != preferred }
        let proofs = try ledger.proofs(about: digest)
        var node = LineageNode(
            digest: digest,
            names: named.map { "\($0.repository):\($0.tag)" },
            kind: versions.first?.kind,
            statements: try ledger.catalog.statements(about: digest).map {
                try statement($0, proof: proofs[$0.envelope] ?? .noReceipt)
            },
            gaps: []
        )
        node.gaps = gaps(of: node)
        return node
    }

    /// Reads a statement, one that was signed here unless something else is said.
    func statement(
        _ record: StatementRecord,
        proof: StatementProof = .ownLog
    ) throws -> AuditStatement {
        let finding = try check.finding(record)
        let verified = finding.verified
        var facts: Predicate?
        var fault = finding.fault
        if let verified, verified.kind != .modelSignature {
            do throws(EvidenceError) { facts = try verified.statement.facts() } catch {
                fault = error.message
            }
        }
        return AuditStatement(
            act: finding.act,
            predicateType: record.predicateType,
            role: record.role,
            keyID: verified?.signer.keyID,
            owner: try verified.flatMap { try ledger.keys.trust.owner(ofKey: $0.signer.keyID) },
            time: finding.time,
            logIndex: record.logIndex,
            envelope: record.envelope,
            facts: facts,
            predicate: facts == nil ? nil : verified?.statement.predicate,
            fault: fault,
            proof: proof
        )
    }

    /// What an auditor would ask and gets no answer to.
    private func gaps(of node: LineageNode) -> [String] {
        var gaps: [String] = []
        if node.names.isEmpty { gaps.append("\(node.name): it is not a version of this store") }
        if !ledger.blobs.contains(node.digest) {
            gaps.append("\(node.name): its manifest is not in this store: pull it")
        }
        if !node.hasOrigin {
            gaps.append("\(node.name): no statement that holds says where it came from")
        }
        for statement in node.statements where statement.fault == nil && !statement.proof.isProved {
            gaps.append(
                "\(node.name), log entry \(statement.logIndex), \(statement.predicateType): not proved "
                    + "to be in the log of the store that signed it: "
                    + (statement.proof.remark ?? "")
            )
        }
        for statement in node.statements {
            guard let facts = statement.facts else { continue }
            gaps += self.gaps(of: facts, about: node.name)
        }
        return gaps
    }

    private func gaps(of facts: Predicate, about name: String) -> [String] {
        switch facts {
        case .datasetAdded(let facts):
            guard let git = facts.git else { return [] }
            return git.isDirty
                ? ["\(name): it was added from a Git tree that differed from \(git.commit)"] : []
        case .baseImported(let facts):
            return facts.source == nil
                ? ["\(name): nobody said where \(facts.file.name) was downloaded from"] : []
        case .prepared(let facts):
            return missing(facts.report, "quality report", of: name)
                + missing(facts.recipe.digest, "recipe", of: name)
                + dirty(facts.context, "prepared", name)
        case .trained(let facts):
            return missing(facts.metrics, "metrics of every step", of: name)
                + missing(facts.recipe.digest, "recipe", of: name)
                + dirty(facts.context, "trained", name)
        case .evaluated(let facts):
            return missing(facts.outputs, "per-example outputs", of: name)
                + dirty(facts.context, "evaluated", name)
        case .gateDecided(let facts):
            return missing(facts.policy.digest, "gate policy", of: name)
                + facts.evidence.flatMap { missing($0, "evidence of the verdict", of: name) }
        case .reproduced(let facts):
            let again = "\(name): training it again gave another version, \(facts.found.short)"
            return missing(facts.recipe, "recipe", of: name) + (facts.agrees ? [] : [again])
        case .runtimeAdded, .tagMoved, .removed, .merged, .promoted, .rolledBack, .overridden,
            .environmentSet, .imageBuilt:
            return []
        }
    }

    private func missing(_ digest: Digest?, _ what: String, of name: String) -> [String] {
        guard let digest else { return ["\(name): the \(what) has no digest"] }
        return ledger.blobs.contains(digest)
            ? [] : ["\(name): the \(what) \(digest) is not in this store"]
    }

    private func dirty(_ context: BuildContext, _ act: String, _ name: String) -> [String] {
        guard let git = context.git, git.isDirty else { return [] }
        return ["\(name): it was \(act) from a Git tree that differed from \(git.commit)"]
    }
}
