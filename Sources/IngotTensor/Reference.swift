// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// The naive kernels, one loop per definition: they stay, and tests compare with them.
package enum Reference {
    /// As `Compute.run`, one product; for `avx512` to the bit.
    package static func run(_ product: Product, kernels: KernelSet = .portable) {
        var call = unsafe product.kernelProduct
        switch kernels {
        case .portable: unsafe ingot_reference_product(&call)
        case .avx512: unsafe ingot_reference_pair_product(&call)
        }
    }

    /// As `Compute.attention`.
    package static func attention(
        _ q: Matrix,
        keys: Matrix,
        values: Matrix,
        segments: [AttentionSegment],
        shape: AttentionShape,
        into o: Matrix
    ) {
        for segment in segments {
            for head in 0..<shape.keyValueHeads {
                let runs = unsafe Compute.runs(segment, keys, values, head: head, shape)
                unsafe runs.withUnsafeBufferPointer { runs in
                    var call = unsafe Compute.call(q, o, segment.rows.lowerBound, head, shape)
                    unsafe call.rows = segment.rows.count
                    unsafe call.runs = runs.baseAddress
                    unsafe call.run_count = runs.count
                    unsafe call.visible = 1
                    unsafe ingot_reference_attention(&call)
                }
            }
        }
    }

    /// As `Compute.norm`.
    package static func norm(_ x: Matrix, weight: Matrix, epsilon: Float, into y: Matrix) {
        unsafe ingot_reference_norm(
            x.pointer,
            weight.pointer,
            y.pointer,
            epsilon,
            x.rows,
            x.columns
        )
    }
}
