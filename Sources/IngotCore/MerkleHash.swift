// SPDX-License-Identifier: Apache-2.0

/// The three hashes of an RFC 6962 tree; `MerkleHash.sha256` is in IngotCrypto.
package struct MerkleHash: Sendable {
    /// Of the tree without leaves: the hash of no bytes.
    package let empty: Digest
    /// `H(0x00 || entry)`.
    package let leaf: @Sendable (_ entry: [UInt8]) -> Digest
    /// `H(0x01 || left || right)`.
    package let node: @Sendable (_ left: Digest, _ right: Digest) -> Digest

    package init(
        empty: Digest,
        leaf: @escaping @Sendable (_ entry: [UInt8]) -> Digest,
        node: @escaping @Sendable (_ left: Digest, _ right: Digest) -> Digest
    ) {
        self.empty = empty
        self.leaf = leaf
        self.node = node
    }
}
