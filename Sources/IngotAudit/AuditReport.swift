// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotEvidence

/// The answer of an audit as a value; texts and JSON are made from it.
package struct AuditReport: Sendable {
    /// The log that everything is proved against.
    package struct Log: Sendable {
        package let origin: String
        package let size: Int
        /// Nil when no head that holds says so.
        package let root: Digest?
        package let fault: String?

        package init(origin: String, size: Int, root: Digest?, fault: String?) {
            self.origin = origin
            self.size = size
            self.root = root
            self.fault = fault
        }
    }

    /// As it was asked.
    package let question: String
    package let subject: Digest
    /// When it was asked.
    package let time: Timestamp
    package let log: Log
    /// Set when an environment was asked about.
    package let environment: EnvironmentAnswer?
    package let lineage: Lineage
    /// Quality reports by their digest.
    package let preparations: [Digest: JSONValue]

    package init(
        question: String,
        subject: Digest,
        time: Timestamp,
        log: Log,
        environment: EnvironmentAnswer?,
        lineage: Lineage,
        preparations: [Digest: JSONValue]
    ) {
        self.question = question
        self.subject = subject
        self.time = time
        self.log = log
        self.environment = environment
        self.lineage = lineage
        self.preparations = preparations
    }

    /// What does not hold: statements, moves, the log's head, and statements that contradict.
    package var faults: [String] {
        (log.fault.map { [$0] } ?? []) + (environment?.faults ?? []) + lineage.faults
            + contradictions
    }

    /// What is not known.
    package var gaps: [String] {
        var gaps = lineage.allGaps
        if needsData, lineage.facts(\.datasetAdded).isEmpty {
            gaps.append("no raw data: the lineage does not reach a dataset that somebody added")
        }
        let judged = lineage.nodes.filter { $0.kind == .adapter }
        for node in judged where !node.statements.contains(where: { $0.facts?.evaluated != nil }) {
            gaps.append("\(node.name): it was never evaluated")
        }
        for node in judged where !node.statements.contains(where: { $0.facts?.gateDecided != nil })
        {
            gaps.append("\(node.name): no gate ever decided about it")
        }
        return gaps
    }

    /// Whether raw data must be among the ancestors: a base comes from outside, without its data.
    private var needsData: Bool {
        lineage.subject.kind == .dataset || lineage.nodes.contains { $0.kind == .adapter }
            || !lineage.facts(\.prepared).isEmpty
    }

    /// An image must hold the base that its adapter was trained on.
    private var contradictions: [String] {
        lineage.facts(\.imageBuilt).flatMap { image in
            lineage.facts(\.trained).compactMap { trained in
                let base = image.facts.inputs.first { $0.name == "base" }?.digest
                guard image.facts.inputs.contains(where: { $0.digest == trained.node.digest }),
                    let base, base != trained.facts.base.digest
                else { return nil }
                return "\(image.node.name): it holds another base than the one that "
                    + "\(trained.node.name) was trained on"
            }
        }
    }
}
