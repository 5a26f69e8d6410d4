// SPDX-License-Identifier: Apache-2.0

/// Names the arithmetic of a computation; provenance and verdicts carry the name.
package enum KernelSet: String, Sendable, CaseIterable {
    /// fp32 with a fixed order of fused multiply-adds: the same bits from plain C, AVX2 + FMA and
    /// AVX-512, for any number of threads and whatever rows are computed together.
    case portable
}
