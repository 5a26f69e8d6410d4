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

    @Test("all rows are the rows", arguments: WeightType.allCases)
    func dequantized(_ type: WeightType) {
        let weight = Samples(1).weight(type, 3, 64)
        #expect(weight.dequantized() == (0..<3).flatMap { weight.row($0) })
        let gathered = Matrix(rows: 2, columns: 64)
        gathered.gather([2, 0], from: weight)
        #expect(gathered.values == weight.row(2) + weight.row(0))
    }
}
