// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// Names the arithmetic of a computation; provenance and verdicts carry the name.
package enum KernelSet: String, Sendable, CaseIterable {
    /// fp32 with a fixed order of fused multiply-adds: the same bits from plain C, AVX2 + FMA and
    /// AVX-512, for any number of threads and whatever rows are computed together.
    case portable
    /// Matrix products of operands rounded to bf16, added up in fp32 by AVX512_BF16; the rest as in
    /// `portable`, and as independent of threads and of what is computed together.
    case avx512

    /// Whether this processor has the instructions.
    package var isAvailable: Bool {
        switch self {
        case .portable: true
        case .avx512: unsafe ingot_pair_kernels() != nil
        }
    }

    /// Whether a sum over rows has the same bits when it is cut into several anywhere: pairs are not.
    package var sumsSingleRows: Bool { self == .portable }

    /// What operands of matrix products are rounded to.
    package var productType: String {
        switch self {
        case .portable: "float32"
        case .avx512: "bfloat16"
        }
    }
}
