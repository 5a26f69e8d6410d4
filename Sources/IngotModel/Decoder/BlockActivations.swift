// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// What a block's forward pass computes for some rows and its backward pass needs again.
package struct BlockActivations: Sendable {
    /// Before and after rotation, [rows, queryWidth].
    package let q: Matrix
    /// [rows, keyValueWidth].
    package let k: Matrix
    /// What the projections give, before the norms of heads; the same memory as q and k where
    /// there are none.
    package let projectedQ: Matrix
    package let projectedK: Matrix
    package let v: Matrix
    /// Output of the attention, [rows, queryWidth].
    package let o: Matrix
    /// After the attention's residual, [rows, hiddenSize].
    package let middle: Matrix
    /// [rows, feedForwardSize].
    package let gate: Matrix
    package let up: Matrix
    /// scale · x Aᵀ of each role, [rows, the largest rank of a block].
    private let low: [Matrix?]

    package init(rows: Int, weights: DecoderWeights) {
        let shape = weights.configuration
        q = Matrix(rows: rows, columns: shape.queryWidth)
        k = Matrix(rows: rows, columns: shape.keyValueWidth)
        let hasHeadNorms = shape.architecture.hasHeadNorms
        projectedQ = hasHeadNorms ? Matrix(rows: rows, columns: q.columns) : q
        projectedK = hasHeadNorms ? Matrix(rows: rows, columns: k.columns) : k
        v = Matrix(rows: rows, columns: shape.keyValueWidth)
        o = Matrix(rows: rows, columns: shape.queryWidth)
        middle = Matrix(rows: rows, columns: shape.hiddenSize)
        gate = Matrix(rows: rows, columns: shape.feedForwardSize)
        up = Matrix(rows: rows, columns: shape.feedForwardSize)
        low = LinearRole.allCases.map { role in
            let rank = weights.rank(role)
            return rank > 0 ? Matrix(rows: rows, columns: rank) : nil
        }
    }

    private init(_ whole: BlockActivations, first count: Int) {
        let rows = 0..<count
        q = whole.q.rows(rows)
        k = whole.k.rows(rows)
        projectedQ = whole.projectedQ.rows(rows)
        projectedK = whole.projectedK.rows(rows)
        v = whole.v.rows(rows)
        o = whole.o.rows(rows)
        middle = whole.middle.rows(rows)
        gate = whole.gate.rows(rows)
        up = whole.up.rows(rows)
        low = whole.low.map { $0?.rows(rows) }
    }

    /// A view of the first rows.
    package func first(_ count: Int) -> BlockActivations { BlockActivations(self, first: count) }

    /// The low-rank part of `role`, if the layer has an update.
    package func low(_ role: LinearRole, of layer: LinearLayer) -> Matrix? {
        layer.lora.flatMap { low[role.index]?.narrowed(to: $0.rank) }
    }
}

/// Memory that every block of a pass uses again.
package struct BlockScratch: Sendable {
    /// A norm's output, [rows, hiddenSize].
    package let normed: Matrix
    /// silu(gate) · up, [rows, feedForwardSize].
    package let activated: Matrix

    package init(rows: Int, configuration: ModelConfiguration) {
        normed = Matrix(rows: rows, columns: configuration.hiddenSize)
        activated = Matrix(rows: rows, columns: configuration.feedForwardSize)
    }

    private init(normed: Matrix, activated: Matrix) {
        self.normed = normed
        self.activated = activated
    }

    /// A view of the first rows.
    package func first(_ count: Int) -> BlockScratch {
        BlockScratch(normed: normed.rows(0..<count), activated: activated.rows(0..<count))
    }
}
