// SPDX-License-Identifier: Apache-2.0

/// Random numbers by position: the same seed and counter give the same number, in any order.
///
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) addressed by counter. Not for secrets.
package struct CounterRandom: Sendable, Hashable {
    package let seed: UInt64

    package init(seed: UInt64) { self.seed = seed }

    /// 64 uniform bits.
    package func bits(_ counter: UInt64) -> UInt64 {
        Self.mix(seed &+ (counter &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Uniform in `0..<bound`; the bias is below `bound` / 2⁶⁴.
    package func index(_ counter: UInt64, below bound: Int) -> Int {
        precondition(bound > 0, "an index below \(bound) does not exist")
        return Int(truncatingIfNeeded: bits(counter).multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Uniform in `[0, 1)`, 53 bits.
    package func unit(_ counter: UInt64) -> Double {
        Double(bits(counter) >> 11) * 0x1p-53
    }

    /// A bijection in which every input bit reaches every output bit: a hash of 64-bit values.
    package static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
