// SPDX-License-Identifier: Apache-2.0

internal import IngotModel
internal import IngotTensor

/// The backward products of linear layers that share their input.
///
/// With dropout each role has a mask of its own, in the same memory: what reads a mask is left to
/// `finishInput` and `finishWeights`, one role after another.
struct LinearBackward {
    /// One layer and the gradient of its output.
    struct Output {
        let role: LinearRole
        let layer: LinearLayer
        let dy: Matrix
        /// Room for scale · dy B, and scale · x Aᵀ of the forward pass.
        let low: Matrix
        let forwardLow: Matrix?
        let slot: LoRAParameters.Slot?

        var lowTerms: [Product.Term] { layer.lora.map { [.plain(low, $0.a)] } ?? [] }

        func aGradient(_ slot: LoRAParameters.Slot, _ x: Matrix) -> Product {
            Product(slot.aGradient, accumulates: true, [.transposedTimes(low, x)])
        }
    }

    let block: Int
    let dropout: LoRADropout?
    let outputs: [Output]

    /// low = scale · dy B, which the other products read: they come first.
    var lowProducts: [Product] {
        outputs.compactMap { output in
            output.layer.lora.map { lora in
                Product(
                    output.low,
                    scale: lora.scale,
                    [.timesTransposed(output.dy, lora.bTransposed)]
                )
            }
        }
    }

    /// dx = Σ over layers of dy W + low A.
    func inputGradient(into dx: Matrix) -> Product {
        Product(
            dx,
            outputs.flatMap { output in
                [Product.Term.linearGradient(output.dy, output.layer.weight)]
                    + (dropout == nil ? output.lowTerms : [])
            }
        )
    }

    /// dA += lowᵀ x and dB += (scale · x Aᵀ)ᵀ dy.
    func weightGradients(input x: Matrix) -> [Product] {
        outputs.flatMap { output -> [Product] in
            guard let slot = output.slot, let forwardLow = output.forwardLow else { return [] }
            let b = Product(
                slot.bGradient,
                accumulates: true,
                [.transposedTimes(forwardLow, output.dy)]
            )
            return (dropout == nil ? [output.aGradient(slot, x)] : []) + [b]
        }
    }

    /// dx += low A, masked like the input of the update.
    func finishInput(dx: Matrix, compute: Compute) {
        guard let dropout else { return }
        for output in outputs where output.layer.lora != nil {
            let update = dropout.scratch(like: dx)
            compute.run([Product(update, output.lowTerms)])
            compute.addDropout(update, dropout.mask(block, output.role), to: dx)
        }
    }

    /// dA += lowᵀ x, x masked as it was.
    func finishWeights(input x: Matrix, compute: Compute) {
        guard let dropout else { return }
        for output in outputs {
            guard let slot = output.slot else { continue }
            compute.run([output.aGradient(slot, dropout.masked(x, block, output.role, compute))])
        }
    }
}
