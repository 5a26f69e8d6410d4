// SPDX-License-Identifier: Apache-2.0

package import IngotCatalog
package import IngotCore
package import IngotEvidence

/// A statement as an audit shows it: who said what, when, and whether it holds.
package struct AuditStatement: Sendable {
    package let act: Act?
    package let predicateType: String
    package let role: String
    /// The key that signed; nil when no signature holds.
    package let keyID: String?
    /// Who holds that key, by the trust file.
    package let owner: String?
    package let time: Timestamp
    package let logIndex: Int
    /// The bundle's blob.
    package let envelope: Digest
    /// What it says; nil when it does not hold, or says nothing but a signature over files.
    package let facts: Predicate?
    package let predicate: JSONValue?
    /// Why it does not hold; nil when it does.
    package let fault: String?
    /// In which log it is.
    package let proof: StatementProof

    package init(
        act: Act?,
        predicateType: String,
        role: String,
        keyID: String?,
        owner: String?,
        time: Timestamp,
        logIndex: Int,
        envelope: Digest,
        facts: Predicate?,
        predicate: JSONValue?,
        fault: String?,
        proof: StatementProof
    ) {
        self.act = act
        self.predicateType = predicateType
        self.role = role
        self.keyID = keyID
        self.owner = owner
        self.time = time
        self.logIndex = logIndex
        self.envelope = envelope
        self.facts = facts
        self.predicate = predicate
        self.fault = fault
        self.proof = proof
    }
}

/// Something that went into a version.
package struct LineageInput: Hashable, Sendable {
    /// Such as `dataset`, `base`, `recipe`.
    package let name: String
    /// As the user wrote it.
    package let uri: String?
    package let digest: Digest?
    /// Whether it is a version with a lineage of its own; recipes and programs are not.
    package let isVersion: Bool

    package init(_ resource: ResourceRef, isVersion: Bool) {
        name = resource.name
        uri = resource.uri
        digest = resource.digest
        self.isVersion = isVersion
    }
}

/// A version in a lineage, with all that is stated about it.
package struct LineageNode: Sendable {
    package let digest: Digest
    /// `repository:vN`, everywhere that it has a name.
    package let names: [String]
    /// Nil when nothing here says what it is.
    package let kind: Kind?
    /// In the order of the log.
    package let statements: [AuditStatement]
    /// What is not known about it, in one line each.
    package internal(set) var gaps: [String]

    package init(
        digest: Digest,
        names: [String],
        kind: Kind?,
        statements: [AuditStatement],
        gaps: [String]
    ) {
        self.digest = digest
        self.names = names
        self.kind = kind
        self.statements = statements
        self.gaps = gaps
    }

    /// Its first name, else its digest.
    package var name: String { names.first ?? digest.description }

    /// Its name in a repository, where it has one.
    func name(in repository: String) -> String {
        names.first { $0.utf8.starts(with: "\(repository):".utf8) } ?? name
    }

    /// What statements that hold say went into it, each once, in the order of the statements.
    package var inputs: [LineageInput] {
        var seen = Set<LineageInput>()
        return statements.compactMap(\.facts).flatMap(\.lineageInputs)
            .filter { seen.insert($0).inserted }
    }

    /// Whether a statement that holds says how it came to be.
    package var hasOrigin: Bool { statements.contains { $0.facts?.statesOrigin == true } }
}

extension Predicate {
    /// Whether it says how its subject came to be.
    var statesOrigin: Bool {
        switch self {
        case .datasetAdded, .baseImported, .runtimeAdded, .prepared, .trained, .merged,
            .imageBuilt:
            true
        case .tagMoved, .removed, .evaluated, .gateDecided, .reproduced, .promoted, .rolledBack,
            .overridden, .environmentSet:
            false
        }
    }

    /// What it says went into its subject.
    var lineageInputs: [LineageInput] {
        let versions: [ResourceRef]
        let others: [ResourceRef]
        switch self {
        case .prepared(let facts):
            versions = facts.inputs + (facts.base.map { [$0] } ?? [])
            others = [facts.recipe, facts.program]
        case .trained(let facts):
            versions = [facts.dataset, facts.base]
            others = [facts.recipe, facts.program]
        case .merged(let facts):
            versions = [facts.base, facts.adapter]
            others = [facts.program]
        case .imageBuilt(let facts):
            versions = facts.inputs
            others = []
        case .baseImported(let facts): (versions, others) = ([], [facts.file])
        case .datasetAdded, .runtimeAdded, .tagMoved, .removed, .evaluated, .gateDecided,
            .reproduced, .promoted, .rolledBack, .overridden, .environmentSet:
            (versions, others) = ([], [])
        }
        return versions.map { LineageInput($0, isVersion: true) }
            + others.map { LineageInput($0, isVersion: false) }
    }
}
