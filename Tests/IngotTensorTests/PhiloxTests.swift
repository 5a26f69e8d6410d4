// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

@Suite struct PhiloxTests {
    @Test("known answers of Random123 (kat_vectors, philox4x32 10)")
    func knownAnswers() {
        #expect(
            Philox(seed: 0).block(SIMD4(repeating: 0))
                == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
        )
        #expect(
            Philox(seed: .max).block(SIMD4(repeating: .max))
                == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
        )
        #expect(
            Philox(seed: 0x299F_31D0_A409_3822).block(
                SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344)
            )
                == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
        )
    }

    @Test("a permutation has every index once and differs between epochs")
    func permutation() {
        let random = Philox(seed: 9)
        let first = random.permutation(1000, stream: 1, 0)
        #expect(first.sorted() == Array(0..<1000))
        #expect(first != random.permutation(1000, stream: 1, 1))
        #expect(first == random.permutation(1000, stream: 1, 0))
        #expect(random.permutation(0, stream: 1, 0).isEmpty)
    }

    @Test("uniform numbers fill [0, 1)")
    func uniform() {
        let values = (0..<4000).map { Philox(seed: 3).uniform($0, stream: 0, 0) }
        #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(values.reduce(0, +) / 4000 - 0.5) < 0.02)
    }
}
