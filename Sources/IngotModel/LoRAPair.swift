// SPDX-License-Identifier: Apache-2.0

/// The low-rank update of one linear layer: y += scale · (x Aᵀ) Bᵀ.
package struct LoRAPair: Sendable, Equatable {
    package let rank: Int
    /// [rank, inputs], row-major.
    package var a: [Float]
    /// [outputs, rank], row-major.
    package var b: [Float]

    package init(rank: Int, a: [Float], b: [Float]) {
        precondition(
            rank > 0 && a.count.isMultiple(of: rank) && b.count.isMultiple(of: rank),
            "shape of a LoRA pair"
        )
        self.rank = rank
        self.a = a
        self.b = b
    }

    package var inputCount: Int { a.count / rank }
    package var outputCount: Int { b.count / rank }
}
