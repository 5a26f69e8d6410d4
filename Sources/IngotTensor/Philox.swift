// SPDX-License-Identifier: Apache-2.0

/// Philox4x32-10 (Salmon et al., SC 2011): random numbers as a pure function of key and counter.
///
/// Every use derives its own counters, so that no result depends on the order of computation.
package struct Philox: Sendable {
    private let key: (UInt32, UInt32)

    package init(seed: UInt64) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    }

    /// The four words of a counter.
    package func block(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var x = counter
        var (key0, key1) = key
        for _ in 0..<10 {
            let first = UInt64(x[0]) * 0xD251_1F53
            let second = UInt64(x[2]) * 0xCD9E_8D57
            x = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ x[1] ^ key0,
                UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ x[3] ^ key1,
                UInt32(truncatingIfNeeded: first)
            )
            key0 &+= 0x9E37_79B9
            key1 &+= 0xBB67_AE85
        }
        return x
    }

    /// Word `index` of the stream (a, b).
    package func word(_ index: Int, stream a: UInt32, _ b: UInt32) -> UInt32 {
        let block = UInt64(index) / 4
        let counter = SIMD4(
            UInt32(truncatingIfNeeded: block),
            UInt32(truncatingIfNeeded: block >> 32),
            a,
            b
        )
        return self.block(counter)[index % 4]
    }

    /// A number in [0, 1) with 24 bits.
    package func uniform(_ index: Int, stream a: UInt32, _ b: UInt32) -> Float {
        Float(word(index, stream: a, b) >> 8) * 0x1p-24
    }

    /// 0 ..< count in random order: Fisher and Yates' shuffle on the stream (a, b).
    package func permutation(_ count: Int, stream a: UInt32, _ b: UInt32) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            let high = UInt64(word(2 * index, stream: a, b)) << 32
            let random = high | UInt64(word(2 * index + 1, stream: a, b))
            // The bias of the product is below count / 2⁶⁴.
            let other = Int(random.multipliedFullWidth(by: UInt64(index + 1)).high)
            order.swapAt(index, other)
        }
        return order
    }
}
