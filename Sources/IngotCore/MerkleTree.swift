// SPDX-License-Identifier: Apache-2.0

/// A question about a tree that has no answer, such as a proof for a leaf it does not have.
package struct MerkleError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// The place of a stored hash: the full subtree over `1 << level` leaves from `index << level` on.
package struct MerkleNode: Hashable, Sendable {
    /// 0 for leaves.
    package let level: Int
    package let index: Int

    package init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }
}

/// The arithmetic of an append-only Merkle tree (RFC 6962 §2.1) of `size` leaves whose full
/// subtrees are stored elsewhere. Invariants:
///
/// (1) A stored node never changes: only full subtrees are stored, and their leaves are final.
/// (2) Only nodes of `size` leaves are asked for: the closure may throw for any other.
package struct MerkleTree: Sendable {
    /// Gives the stored hash of a full subtree.
    package typealias Lookup = (MerkleNode) throws -> Digest

    package let size: Int
    package let hash: MerkleHash

    package init(size: Int, hash: MerkleHash) {
        precondition(size >= 0, "a tree has no negative number of leaves")
        self.size = size
        self.hash = hash
    }

    /// The nodes to store when a leaf is appended: itself first, then each subtree that it fills.
    package func nodes(
        appending leafHash: Digest,
        lookup: Lookup
    ) rethrows -> [(node: MerkleNode, hash: Digest)] {
        var node = MerkleNode(level: 0, index: size)
        var digest = leafHash
        var result = [(node: node, hash: digest)]
        while node.index & 1 == 1 {
            let left = try lookup(MerkleNode(level: node.level, index: node.index - 1))
            digest = hash.node(left, digest)
            node = MerkleNode(level: node.level + 1, index: node.index >> 1)
            result.append((node, digest))
        }
        return result
    }

    package func root(lookup: Lookup) rethrows -> Digest {
        guard size > 0 else { return hash.empty }
        return try subtree(0..<size, lookup: lookup)
    }

    /// The audit path of a leaf (RFC 6962 §2.1.1), from the leaf's sibling up.
    package func inclusionProof(of index: Int, lookup: Lookup) throws -> [Digest] {
        guard (0..<size).contains(index) else {
            throw MerkleError("log entry \(index): the log has \(size) entries")
        }
        var proof: [Digest] = []
        var range = 0..<size
        while range.count > 1 {
            let middle = range.lowerBound + Self.split(range.count)
            let lower = range.lowerBound..<middle
            let upper = middle..<range.upperBound
            let isLower = index < middle
            proof.append(try subtree(isLower ? upper : lower, lookup: lookup))
            range = isLower ? lower : upper
        }
        return proof.reversed()
    }

    /// The proof that the tree of the first `oldSize` leaves is a prefix (RFC 6962 §2.1.2); empty
    /// for 0 and for `size`.
    package func consistencyProof(from oldSize: Int, lookup: Lookup) throws -> [Digest] {
        guard (0...size).contains(oldSize) else {
            throw MerkleError("log of \(oldSize) entries: this log has only \(size)")
        }
        guard oldSize > 0, oldSize < size else { return [] }
        var proof: [Digest] = []
        var range = 0..<size
        // The old tree is the whole of `range` so far: its root is known to the verifier.
        var isOldRoot = true
        while range.upperBound != oldSize {
            let middle = range.lowerBound + Self.split(range.count)
            let lower = range.lowerBound..<middle
            let upper = middle..<range.upperBound
            if oldSize <= middle {
                proof.append(try subtree(upper, lookup: lookup))
                range = lower
            } else {
                proof.append(try subtree(lower, lookup: lookup))
                range = upper
                isOldRoot = false
            }
        }
        if !isOldRoot { proof.append(try subtree(range, lookup: lookup)) }
        return proof.reversed()
    }

    /// The root over a range that starts where a subtree of its size may start.
    private func subtree(_ range: Range<Int>, lookup: Lookup) rethrows -> Digest {
        let count = range.count
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return try lookup(MerkleNode(level: level, index: range.lowerBound >> level))
        }
        let middle = range.lowerBound + Self.split(count)
        let left = try subtree(range.lowerBound..<middle, lookup: lookup)
        return hash.node(left, try subtree(middle..<range.upperBound, lookup: lookup))
    }

    /// The largest power of two below `count`, for a count of at least 2.
    private static func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
