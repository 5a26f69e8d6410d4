// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotEvidence

/// Everything that a version descends from, back to raw data.
package struct Lineage: Sendable {
    /// The subject first, then its inputs, breadth first; each version once.
    package let nodes: [LineageNode]
    /// What is not known, beyond the gaps of single nodes.
    package let gaps: [String]

    /// More versions than any lineage that a person could read; a forged statement cannot make the
    /// walk longer.
    static let nodeLimit = 10_000

    /// Walks from a version to what it is made of.
    ///
    /// - Parameters:
    ///   - subject: where to start.
    ///   - node: what is known about a version.
    /// - Throws: what `node` throws.
    package init(
        of subject: Digest,
        node: (Digest) throws -> LineageNode
    ) rethrows {
        var nodes: [LineageNode] = []
        var gaps: [String] = []
        var known: Set<Digest> = [subject]
        var queue = [subject][...]
        while let digest = queue.popFirst() {
            guard nodes.count < Self.nodeLimit else {
                gaps.append("the lineage has more than \(Self.nodeLimit) versions: it is cut off")
                break
            }
            let current = try node(digest)
            nodes.append(current)
            for input in current.inputs where input.isVersion {
                guard let digest = input.digest else {
                    gaps.append(
                        "\(current.name): its \(input.name) '\(input.uri ?? "")' has no digest"
                    )
                    continue
                }
                if known.insert(digest).inserted { queue.append(digest) }
            }
        }
        self.nodes = nodes
        self.gaps = gaps
    }

    package var subject: LineageNode { nodes[0] }

    package func node(_ digest: Digest) -> LineageNode? {
        nodes.first { $0.digest == digest }
    }

    /// All gaps, the subject's first.
    package var allGaps: [String] { nodes.flatMap(\.gaps) + gaps }

    /// Statements that do not hold, in one line each.
    package var faults: [String] {
        nodes.flatMap { node in
            node.statements.compactMap { statement in
                statement.fault.map {
                    "\(node.name), log entry \(statement.logIndex), "
                        + "\(statement.predicateType): \($0)"
                }
            }
        }
    }

    /// The statements that hold, with their facts and the version they are about.
    func facts<Facts>(
        _ select: (Predicate) -> Facts?
    ) -> [(node: LineageNode, statement: AuditStatement, facts: Facts)] {
        nodes.flatMap { node in
            node.statements.compactMap { statement in
                statement.facts.flatMap(select).map { (node, statement, $0) }
            }
        }
    }
}
