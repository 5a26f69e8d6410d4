// SPDX-License-Identifier: Apache-2.0

/// Checking proofs: RFC 9162 §2.1.3.2 and §2.1.4.2. A proof is refused, never a crash, whatever
/// the numbers and hashes in it are.
extension MerkleHash {
    /// Whether the leaf is at `index` of the tree of `size` leaves that has `root`.
    package func verifies(
        inclusionOf leafHash: Digest,
        at index: Int,
        in size: Int,
        proof: [Digest],
        root: Digest
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var place = index
        var last = size - 1
        var computed = leafHash
        for sibling in proof {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                computed = node(sibling, computed)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                computed = node(computed, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && computed == root
    }

    /// Whether the tree of `newSize` leaves continues the one of `oldSize`.
    package func verifies(
        consistencyFrom old: (size: Int, root: Digest),
        to new: (size: Int, root: Digest),
        proof: [Digest]
    ) -> Bool {
        guard old.size >= 0, old.size <= new.size else { return false }
        if old.size == new.size { return proof.isEmpty && old.root == new.root }
        if old.size == 0 { return proof.isEmpty && old.root == empty }
        var path = proof
        if old.size & (old.size - 1) == 0 { path.insert(old.root, at: 0) }
        guard let first = path.first else { return false }
        var place = old.size - 1
        var last = new.size - 1
        while place & 1 == 1 {
            place >>= 1
            last >>= 1
        }
        var oldRoot = first
        var newRoot = first
        for sibling in path.dropFirst() {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                oldRoot = node(sibling, oldRoot)
                newRoot = node(sibling, newRoot)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                newRoot = node(newRoot, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && oldRoot == old.root && newRoot == new.root
    }
}
