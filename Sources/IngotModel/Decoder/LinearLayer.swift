// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// A frozen linear layer with an optional low-rank update, which is never merged into it.
package struct LinearLayer: Sendable {
    package let weight: WeightMatrix
    /// [1, outputs].
    package let bias: Matrix?
    package let lora: LoRAMatrices?

    package init(weight: WeightMatrix, bias: Matrix? = nil, lora: LoRAMatrices?) {
        self.weight = weight
        self.bias = bias
        self.lora = lora
    }

    /// low = scale · x Aᵀ; nil without an update.
    func lowProduct(_ x: Matrix, low: Matrix?) -> Product? {
        guard let lora, let low else { return nil }
        return Product(low, scale: lora.scale, [.timesTransposed(x, lora.a)])
    }

    /// y = x Wᵀ + low Bᵀ, in one chain, the bias left out.
    func product(_ x: Matrix, low: Matrix?, into y: Matrix) -> Product {
        var terms: [Product.Term] = [.linear(x, weight)]
        if let lora, let low { terms.append(.plain(low, lora.bTransposed)) }
        return Product(y, terms)
    }
}

/// A LoRA pair in the layout of the kernels.
package struct LoRAMatrices: Sendable {
    /// [rank, inputs].
    package let a: Matrix
    /// [rank, outputs].
    package let bTransposed: Matrix
    package let scale: Float

    package init(_ pair: LoRAPair, scale: Float) {
        a = Matrix(rows: pair.rank, columns: pair.inputCount, values: pair.a)
        bTransposed = Matrix(
            rows: pair.rank,
            columns: pair.outputCount,
            values: Self.transposed(pair.b, rows: pair.outputCount, columns: pair.rank)
        )
        self.scale = scale
    }

    /// Matrices that somebody else trains.
    package init(a: Matrix, bTransposed: Matrix, scale: Float) {
        precondition(a.rows == bTransposed.rows, "rank of a LoRA pair")
        self.a = a
        self.bTransposed = bTransposed
        self.scale = scale
    }

    package var rank: Int { a.rows }

    /// The pair as files hold it.
    package var pair: LoRAPair {
        LoRAPair(
            rank: rank,
            a: a.values,
            b: Self.transposed(bTransposed.values, rows: rank, columns: bTransposed.columns)
        )
    }

    private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
        var result = [Float](repeating: 0, count: values.count)
        for row in 0..<rows {
            for column in 0..<columns {
                result[column * rows + row] = values[row * columns + column]
            }
        }
        return result
    }
}
