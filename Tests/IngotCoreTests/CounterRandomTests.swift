// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotCore

@Suite("CounterRandom")
struct CounterRandomTests {
    @Test("is SplitMix64, by position")
    func vector() {
        // The published outputs of the sequential generator for this seed.
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        let random = CounterRandom(seed: 1_234_567)
        #expect(expected.indices.reversed().map { random.bits(UInt64($0)) } == expected.reversed())
    }

    @Test("stays within bounds and reaches all of them")
    func bounds() {
        let random = CounterRandom(seed: 1)
        var seen: Set<Int> = []
        for counter in 0..<1000 {
            seen.insert(random.index(UInt64(counter), below: 7))
            #expect((0..<1).contains(random.unit(UInt64(counter))))
        }
        #expect(seen == Set(0..<7))
        #expect(random.index(0, below: 1) == 0)
    }
}
