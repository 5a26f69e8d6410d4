// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

@Suite struct WeightMatrixTests {
    private func row(_ type: WeightType, columns: Int, _ bytes: [UInt8]) -> [Float] {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe WeightMatrix(
                rows: 1,
                columns: columns,
                type: type,
                bytes: buffer,
                owner: 0
            ).row(0)
        }
    }

    @Test("a half is what Swift's Float16 says, for all 65,536")
    func halves() {
        let bytes = (0..<65536).flatMap { (i: Int) -> [UInt8] in [UInt8(i & 255), UInt8(i >> 8)] }
        let values = row(.f16, columns: 65536, bytes)
        for index in 0..<65536 {
            let expected = Float(Float16(bitPattern: UInt16(index)))
            #expect(
                values[index].bitPattern == expected.bitPattern
                    || values[index].isNaN && expected.isNaN
            )
        }
    }

    @Test("a bfloat16 is the upper half of a float")
    func bfloat() {
        #expect(row(.bf16, columns: 2, [0x80, 0x3F, 0x20, 0xC1]) == [1, -10])
    }

    @Test("Q4_0: low nibbles first, then high ones, less eight, times the scale")
    func q4_0() {
        let nibbles = (0..<16).map { (j: Int) -> UInt8 in UInt8(j * 17) }
        let values = row(.q4_0, columns: 32, [0x00, 0x38] + nibbles)
        let expected = (0..<32).map { (j: Int) -> Float in Float(j % 16 - 8) * 0.5 }
        #expect(values == expected)
    }

    @Test("Q4_1: nibbles times the scale plus the minimum")
    func q4_1() {
        let nibbles = (0..<16).map { (j: Int) -> UInt8 in UInt8(15 - j) << 4 }
        let values = row(.q4_1, columns: 32, [0x00, 0x38, 0x00, 0xC0] + nibbles)
        let expected = (0..<32).map { (j: Int) -> Float in j < 16 ? -2 : Float(31 - j) * 0.5 - 2 }
        #expect(values == expected)
    }

    @Test("Q8_0: signed bytes times the scale")
    func q8_0() {
        let quants = (0..<32).map { (j: Int) -> UInt8 in UInt8(bitPattern: Int8(j * 8 - 128)) }
        let values = row(.q8_0, columns: 32, [0x00, 0x34] + quants)
        let expected = (0..<32).map { (j: Int) -> Float in Float(j * 8 - 128) * 0.25 }
        #expect(values == expected)
    }

    @Test("Q4_K: groups of 32 nibbles with a scale and a minimum of 6 bits each")
    func q4_k() {
        // d = 0.5, least = 2; group j has the scale j + 1, or 48 + j from 4 on, and the minimum
        // 8 − j, or 16 + j.
        var scales = [UInt8](repeating: 0, count: 12)
        for j in 0..<8 {
            let (scale, minimum) = j < 4 ? (j + 1, 8 - j) : (48 + j, 16 + j)
            if j < 4 {
                scales[j] |= UInt8(scale)
                scales[j + 4] |= UInt8(minimum)
            } else {
                scales[j + 4] = UInt8(scale & 15 | (minimum & 15) << 4)
                scales[j - 4] |= UInt8(scale >> 4) << 6
                scales[j] |= UInt8(minimum >> 4) << 6
            }
        }
        let nibbles = (0..<128).map { UInt8($0 % 16) << 4 | UInt8(15 - $0 % 16) }
        let values = row(.q4_k, columns: 256, [0x00, 0x38, 0x00, 0x40] + scales + nibbles)
        for (index, value) in values.enumerated() {
            let (j, place) = (index / 32, index % 16)
            let (scale, minimum) = j < 4 ? (j + 1, 8 - j) : (48 + j, 16 + j)
            let q = j % 2 == 0 ? 15 - place : place
            #expect(value == Float(q) * 0.5 * Float(scale) - 2 * Float(minimum))
        }
    }

    @Test("Q6_K: four bits and two, less 32, with a scale for 16 values")
    func q6_k() {
        var bytes = [UInt8](repeating: 0, count: 208) + [0x00, 0x38]
        func q(_ index: Int) -> Int { (index * 37 + 5) % 64 }
        for index in 0..<256 {
            let (half, place) = (index / 128, index % 128)
            let low = half * 64 + place % 64
            bytes[low] |= UInt8(q(index) & 15) << (place < 64 ? 0 : 4)
            bytes[128 + half * 32 + place % 32] |= UInt8(q(index) >> 4) << (place / 32 * 2)
            bytes[192 + index / 16] = UInt8(bitPattern: Int8(index / 16 * 9 - 70))
        }
        for (index, value) in row(.q6_k, columns: 256, bytes).enumerated() {
            #expect(value == 0.5 * Float(index / 16 * 9 - 70) * Float(q(index) - 32))
        }
    }

    @Test("all rows are the rows", arguments: WeightType.allCases)
    func dequantized(_ type: WeightType) {
        let weight = Samples(1).weight(type, 3, 256)
        #expect(weight.dequantized() == (0..<3).flatMap { weight.row($0) })
        let gathered = Matrix(rows: 2, columns: 256)
        gathered.gather([2, 0], from: weight)
        #expect(gathered.values == weight.row(2) + weight.row(0))
    }
}
