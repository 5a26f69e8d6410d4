// SPDX-License-Identifier: Apache-2.0

internal import CIngotKernels

/// Elementary functions in fp64 with the same bits on every machine; for single values.
package enum Elementary {
    /// eˣ; 0 and infinity beyond |x| = 700.
    package static func exponential(_ x: Double) -> Double { ingot_exp(x) }

    /// The natural logarithm; −∞ at 0.
    package static func logarithm(_ x: Double) -> Double { ingot_log(x) }

    /// The cosine, for |x| below a million.
    package static func cosine(_ x: Double) -> Double { ingot_cos(x) }

    /// The sine, for |x| below a million.
    package static func sine(_ x: Double) -> Double { ingot_sin(x) }
}
