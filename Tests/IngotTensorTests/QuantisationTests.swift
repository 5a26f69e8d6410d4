// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

@Suite struct QuantisationTests {
    let samples = Samples(21)

    @Test("the map of quantised scales has bitsandbytes' ends, zero and order")
    func dynamicMap() {
        let map = WeightScales.dynamicMap
        #expect(map.count == 256 && map == map.sorted())
        #expect(map[0] == -0.992968738079071 && map[127] == 0 && map[255] == 1)
        #expect(map[100] == -0.0074687497690320015 && map[3] == -0.9507812261581421)
    }

    @Test("NF4 takes the nearest of 16 values, and a scale's error is small")
    func nf4() throws {
        let weight = WeightMatrix(rows: 24, columns: 192, values: samples.values(24 * 192, 1))
        let compute = Compute(threads: 2)
        let quantised = try #require(weight.quantised(.nf4, compute: compute))
        #expect(quantised.type == .nf4 && quantised.scales?.codes.count == 72)
        let (before, after) = (weight.dequantized(), quantised.dequantized())
        for block in 0..<72 {
            let range = block * 64..<block * 64 + 64
            let largest = before[range].map(abs).max() ?? 0
            // Half the widest gap of the table, and 1 % for the scale.
            for index in range { #expect(abs(before[index] - after[index]) < 0.17 * largest) }
            let top = after[range].map(abs).max() ?? 0
            #expect(abs(top - largest) < 0.01 * largest)
        }
        // Bits do not depend on the threads.
        let alone = try #require(weight.quantised(.nf4, compute: Compute(threads: 1)))
        #expect(alone.dequantized() == after)
    }

    @Test("INT8 is within half a step of a half's rounding, and zero stays zero")
    func int8() throws {
        var values = samples.values(5 * 64, 1)
        values.replaceSubrange(64..<128, with: repeatElement(0, count: 64))
        let weight = WeightMatrix(rows: 5, columns: 64, values: values)
        let quantised = try #require(weight.quantised(.int8, compute: Compute(threads: 1)))
        for row in 0..<5 {
            let (before, after) = (weight.row(row), quantised.row(row))
            let largest = before.map(abs).max() ?? 0
            let step = largest / 127 / 2 + largest / 1024
            #expect(zip(before, after).allSatisfy { abs($0 - $1) <= step })
        }
        #expect(quantised.row(1) == Array(repeating: 0, count: 64))
    }

    @Test("blocks of zeros and rows that are not whole blocks")
    func edges() throws {
        let compute = Compute(threads: 1)
        let zeros = WeightMatrix(rows: 2, columns: 64, values: Array(repeating: 0, count: 128))
        #expect(zeros.quantised(.nf4, compute: compute)?.dequantized() == zeros.dequantized())
        let odd = WeightMatrix(rows: 2, columns: 96, values: samples.values(192, 1))
        #expect(odd.quantised(.nf4, compute: compute) == nil)
        #expect(odd.quantised(.int8, compute: compute) != nil)
    }
}
