// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct ChunkerTests {
    /// The definition, byte by byte, with nothing skipped.
    private func reference(_ bytes: [UInt8]) -> [Int] {
        var lengths: [Int] = []
        var length = 0
        var hash: UInt64 = 0
        for byte in bytes {
            hash = hash << 1 &+ GearTable.values[Int(byte)]
            length += 1
            let isBoundary = hash & 0xFFFF_0000_0000_0000 == 0 && length >= 8 << 10
            if isBoundary || length == 128 << 10 {
                lengths.append(length)
                length = 0
                hash = 0
            }
        }
        return length > 0 ? lengths + [length] : lengths
    }

    @Test("cuts where the definition says", arguments: [1, 2, 3, 4] as [UInt64])
    func definition(seed: UInt64) {
        let random = SeededBytes.bytes(2_000_000, seed: seed)
        #expect(Chunker.chunks(of: random, isEnd: true).map(\.count) == reference(random))
        let text = Array("seed \(seed): the same line again and again\n".utf8)
        let lines = Array((0..<8000).flatMap { text + Array("\($0)".utf8) })
        #expect(Chunker.chunks(of: lines, isEnd: true).map(\.count) == reference(lines))
    }

    @Test(
        "short inputs are one chunk, constant ones are cut at 128 KiB",
        arguments: [
            (0, []), (1, [1]), (8192, [8192]), (8193, [8193]), (131_072, [131_072]),
            (131_073, [131_072, 1]), (300_000, [131_072, 131_072, 37_856]),
        ] as [(Int, [Int])]
    )
    func edges(count: Int, lengths: [Int]) {
        let zeros = [UInt8](repeating: 0, count: count)
        #expect(Chunker.chunks(of: zeros, isEnd: true).map(\.count) == lengths)
    }

    @Test("golden cuts of SplitMix64's first MiB from seed 1")
    func golden() {
        let bytes = SeededBytes.bytes(1 << 20, seed: 1)
        #expect(Digest.of(bytes).short == "85b66b3a5816")
        #expect(
            Chunker.chunks(of: bytes, isEnd: true).map(\.count) == [
                25125, 79372, 131072, 94636, 47914, 23867, 87072, 101590, 126580, 60335, 57398,
                131072, 82543,
            ]
        )
    }

    @Test("the mean chunk of random bytes has about 64 KiB")
    func mean() {
        let bytes = SeededBytes.bytes(16 << 20, seed: 9)
        let lengths = Chunker.chunks(of: bytes, isEnd: true).map(\.count)
        #expect((50_000...75_000).contains((16 << 20) / lengths.count))
        #expect(lengths.dropLast().allSatisfy { (8 << 10...128 << 10).contains($0) })
    }

    @Test("the table is that of the Xet protocol")
    func table() {
        #expect(GearTable.values.count == 256)
        #expect(GearTable.values.first == 0xB088_D3A9_E840_F559)
        var bytes: [UInt8] = []
        for value in GearTable.values {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        #expect(Digest.of(bytes).short == "e1d3936666d7")
    }
}
