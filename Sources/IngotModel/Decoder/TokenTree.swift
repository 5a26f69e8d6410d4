// SPDX-License-Identifier: Apache-2.0

/// Token sequences that share what they have in common, in depth-first order.
///
/// Only tokens that something follows are nodes: the last token of a sequence is predicted, never
/// fed.
struct TokenTree {
    /// What a node has to predict: the `target` after it, for the answer number `answer`.
    struct Prediction {
        let target: Int32
        let answer: Int
    }

    /// Consecutive rows without a branch between them.
    struct Segment {
        var rows: Range<Int>
        /// Index of the segment that ends where this one begins.
        let parent: Int?
    }

    private struct Node {
        let token: Int32
        let depth: Int
        var children: [Int] = []
        var predictions: [Prediction] = []
    }

    private var nodes: [Node] = []
    private var roots: [Int] = []
    private var answerCount = 0

    /// Nodes so far.
    var count: Int { nodes.count }

    /// Adds the continuations of `prefix`; their answers are numbered on.
    mutating func add(prefix: [Int32], continuations: [[Int32]]) {
        for continuation in continuations {
            let answer = answerCount
            answerCount += 1
            guard !continuation.isEmpty else { continue }
            var node: Int?
            for token in prefix { node = child(of: node, token) }
            for token in continuation.dropLast() {
                if let node { nodes[node].predictions.append(.init(target: token, answer: answer)) }
                node = child(of: node, token)
            }
            if let node, let last = continuation.last {
                nodes[node].predictions.append(.init(target: last, answer: answer))
            }
        }
    }

    private mutating func child(of parent: Int?, _ token: Int32) -> Int {
        let siblings = parent.map { nodes[$0].children } ?? roots
        if let found = siblings.last(where: { nodes[$0].token == token }) { return found }
        let depth = parent.map { nodes[$0].depth + 1 } ?? 0
        nodes.append(Node(token: token, depth: depth))
        if let parent {
            nodes[parent].children.append(nodes.count - 1)
        } else {
            roots.append(nodes.count - 1)
        }
        return nodes.count - 1
    }

    /// The rows of one pass over the whole tree.
    struct Rows {
        var tokens: [Int32] = []
        var positions: [Int] = []
        var segments: [Segment] = []
        var predictions: [[Prediction]] = []
        let answerCount: Int
    }

    func rows() -> Rows {
        var rows = Rows(answerCount: answerCount)
        // Nodes to visit, each with the segment it begins under; last in, first out.
        var open = roots.reversed().map { (node: $0, parent: Int?.none) }
        while let (start, parent) = open.popLast() {
            let first = rows.tokens.count
            var node = start
            while true {
                rows.tokens.append(nodes[node].token)
                rows.positions.append(nodes[node].depth)
                rows.predictions.append(nodes[node].predictions)
                guard nodes[node].children.count == 1 else { break }
                node = nodes[node].children[0]
            }
            rows.segments.append(Segment(rows: first..<rows.tokens.count, parent: parent))
            let here = rows.segments.count - 1
            for child in nodes[node].children.reversed() { open.append((child, here)) }
        }
        return rows
    }
}
