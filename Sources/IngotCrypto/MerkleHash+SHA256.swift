// SPDX-License-Identifier: Apache-2.0

package import IngotCore

extension MerkleHash {
    /// The hashes of RFC 6962 with SHA-256.
    package static let sha256 = MerkleHash(
        empty: Digest.of([UInt8]()),
        leaf: { entry in Digest.of([0x00] + entry) },
        node: { left, right in Digest.of([0x01] + left.bytes + right.bytes) }
    )
}
