// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotCrypto

/// The test vectors of RFC 6962 implementations (the eight leaves of certificate-transparency).
@Suite("Merkle tree with SHA-256")
struct MerkleVectorTests {
    private static let leaves = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ].compactMap { Hex.decode($0) }

    private static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    /// A tree of the first leaves, grown one by one, with its stored nodes.
    private struct Grown {
        var nodes: [MerkleNode: Digest] = [:]
        var size = 0

        init(_ leaves: some Sequence<[UInt8]>) throws {
            for leaf in leaves { try append(leaf) }
        }

        var tree: MerkleTree { MerkleTree(size: size, hash: .sha256) }

        func lookup(_ node: MerkleNode) throws -> Digest { try #require(nodes[node]) }

        mutating func append(_ leaf: [UInt8]) throws {
            let added = try tree.nodes(appending: MerkleHash.sha256.leaf(leaf), lookup: lookup)
            for (node, hash) in added { nodes[node] = hash }
            size += 1
        }
    }

    @Test("has the published root at every size", arguments: 0...8)
    func root(size: Int) throws {
        let grown = try Grown(Self.leaves.prefix(size))
        #expect(try grown.tree.root(lookup: grown.lookup).hex == Self.roots[size])
    }

    @Test("gives the published inclusion proof")
    func inclusion() throws {
        let grown = try Grown(Self.leaves.prefix(7))
        let proof = try grown.tree.inclusionProof(of: 5, lookup: grown.lookup)
        #expect(
            proof.map(\.hex) == [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        )
    }

    @Test("gives the published consistency proof")
    func consistency() throws {
        let grown = try Grown(Self.leaves.prefix(7))
        let proof = try grown.tree.consistencyProof(from: 3, lookup: grown.lookup)
        #expect(
            proof.map(\.hex) == [
                "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
                "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e",
            ]
        )
    }

    @Test("verifies every proof of every size up to 40, and none with a hash changed")
    func allProofs() throws {
        var grown = try Grown([])
        var roots = [MerkleHash.sha256.empty]
        let leaf: (Int) -> [UInt8] = { [UInt8($0), 7] }
        for size in 1...40 {
            try grown.append(leaf(size - 1))
            let root = try grown.tree.root(lookup: grown.lookup)
            roots.append(root)
            for index in 0..<size {
                let hash = MerkleHash.sha256.leaf(leaf(index))
                var proof = try grown.tree.inclusionProof(of: index, lookup: grown.lookup)
                let verify: ([Digest], Int) -> Bool = {
                    MerkleHash.sha256.verifies(
                        inclusionOf: hash,
                        at: $1,
                        in: size,
                        proof: $0,
                        root: root
                    )
                }
                #expect(verify(proof, index))
                #expect(!verify(proof, (index + 1) % size) || size == 1)
                #expect(!verify(proof + [root], index))
                if !proof.isEmpty {
                    #expect(!verify(Array(proof.dropLast()), index))
                    proof[index % proof.count] = hash
                    #expect(!verify(proof, index))
                }
            }
            for old in 0...size {
                let proof = try grown.tree.consistencyProof(from: old, lookup: grown.lookup)
                let verify: ([Digest], Digest) -> Bool = {
                    MerkleHash.sha256.verifies(
                        consistencyFrom: (old, $1),
                        to: (size, root),
                        proof: $0
                    )
                }
                #expect(verify(proof, roots[old]))
                #expect(!verify(proof + [root], roots[old]))
                #expect(!verify(proof, Digest.of("another root")))
                if !proof.isEmpty { #expect(!verify(Array(proof.dropLast()), roots[old])) }
            }
        }
    }

    @Test("refuses numbers outside the tree")
    func refusal() throws {
        let grown = try Grown(Self.leaves.prefix(5))
        #expect(throws: MerkleError.self) {
            try grown.tree.inclusionProof(of: 5, lookup: grown.lookup)
        }
        #expect(throws: MerkleError.self) {
            try grown.tree.consistencyProof(from: 6, lookup: grown.lookup)
        }
        let hash = MerkleHash.sha256
        let root = hash.empty
        #expect(!hash.verifies(inclusionOf: root, at: -1, in: 5, proof: [], root: root))
        #expect(!hash.verifies(inclusionOf: root, at: 0, in: 0, proof: [], root: root))
        #expect(!hash.verifies(consistencyFrom: (-1, root), to: (1, root), proof: []))
        #expect(!hash.verifies(consistencyFrom: (.max, root), to: (1, root), proof: []))
        #expect(!hash.verifies(consistencyFrom: (1, root), to: (.max, root), proof: [root]))
    }
}
