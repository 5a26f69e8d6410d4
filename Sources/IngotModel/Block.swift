// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// One layer of a model: two norms and seven linear layers, in Hugging Face's row order (rotary
/// positions turn the pair of rows i and i + headSize / 2 of a head), and what its architecture
/// adds.
package struct Block: Sendable {
    package var attentionNorm: [Float]
    package var feedForwardNorm: [Float]
    package var q: WeightMatrix
    package var k: WeightMatrix
    package var v: WeightMatrix
    package var o: WeightMatrix
    package var gate: WeightMatrix
    package var up: WeightMatrix
    package var down: WeightMatrix
    /// Added to the outputs of linear layers, as many values as they have rows.
    package var biases: [LinearRole: [Float]]
    /// Weights of the norm in every head of q and of k, headSize values each.
    package var headNorms: HeadNorms?

    package struct HeadNorms: Sendable, Equatable {
        package var q: [Float]
        package var k: [Float]

        package init(q: [Float], k: [Float]) {
            self.q = q
            self.k = k
        }
    }

    package init(
        attentionNorm: [Float],
        feedForwardNorm: [Float],
        biases: [LinearRole: [Float]] = [:],
        headNorms: HeadNorms? = nil,
        linear: (LinearRole) throws -> WeightMatrix
    ) rethrows {
        self.attentionNorm = attentionNorm
        self.feedForwardNorm = feedForwardNorm
        self.biases = biases
        self.headNorms = headNorms
        q = try linear(.q)
        k = try linear(.k)
        v = try linear(.v)
        o = try linear(.o)
        gate = try linear(.gate)
        up = try linear(.up)
        down = try linear(.down)
    }

    package subscript(role: LinearRole) -> WeightMatrix {
        switch role {
        case .q: q
        case .k: k
        case .v: v
        case .o: o
        case .gate: gate
        case .up: up
        case .down: down
        }
    }
}
