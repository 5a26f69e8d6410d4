// SPDX-License-Identifier: Apache-2.0

/// A key of PEFT's `rank_pattern` and `alpha_pattern`: a regular expression for the end of a
/// module's name, as `re.match(rf"(.*\.)?({key})$", name)` decides.
///
/// Matching follows all possible ends at once, so its time is bounded by the lengths of both; what
/// Python's `re` has beyond the plain operators is refused.
package struct ModulePattern: Sendable, Hashable {
    package let text: String
    private let node: Node

    package indirect enum Node: Sendable, Hashable {
        /// One byte of the set.
        case bytes(Set<UInt8>)
        case sequence([Node])
        case alternatives([Node])
        case repeated(Node, ClosedRange<Int>)
        case start
        case end
    }

    /// - Throws: `ModulePatternError` that says where the pattern is not understood.
    package init(parsing text: String) throws(ModulePatternError) {
        var parser = ModulePatternParser(text)
        node = try parser.parse()
        self.text = text
    }

    /// Whether the pattern is for the module `name`.
    package func matches(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        var starts: Set<Int> = [0]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: ".") {
            starts.insert(index + 1)
        }
        return Self.ends(of: node, from: starts, in: bytes).contains(bytes.count)
    }

    private static func ends(of node: Node, from starts: Set<Int>, in name: [UInt8]) -> Set<Int> {
        switch node {
        case .bytes(let set):
            return Set(
                starts.compactMap { $0 < name.count && set.contains(name[$0]) ? $0 + 1 : nil }
            )
        case .sequence(let nodes):
            return nodes.reduce(starts) { ends(of: $1, from: $0, in: name) }
        case .alternatives(let nodes):
            return nodes.reduce(into: []) {
                $0.formUnion(ends(of: $1, from: starts, in: name))
            }
        case .repeated(let inner, let counts):
            var reached = counts.lowerBound == 0 ? starts : []
            var current = starts
            for count in 0..<counts.upperBound {
                let next = ends(of: inner, from: current, in: name)
                guard !next.isEmpty else { break }
                // Further rounds would find the same.
                let isStable = next == current
                if count + 1 >= counts.lowerBound || isStable {
                    let isNew = !next.isSubset(of: reached)
                    reached.formUnion(next)
                    guard isNew, !isStable else { break }
                }
                current = next
            }
            return reached
        case .start: return starts.filter { $0 == 0 }
        case .end: return starts.filter { $0 == name.count }
        }
    }
}

/// A pattern that is not understood, and where.
package struct ModulePatternError: Error {
    package let problem: String
}
