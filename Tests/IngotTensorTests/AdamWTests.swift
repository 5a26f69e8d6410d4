// SPDX-License-Identifier: Apache-2.0

import IngotTensor
import Testing

@Suite struct AdamWTests {
    @Test("three steps follow PyTorch's formula, with the same bits everywhere")
    func formula() {
        let samples = Samples(31)
        let adam = AdamW(weightDecay: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8)
        var first: [UInt32]?
        for compute in everyCompute {
            let parameters = FloatBuffer(samples.values(83, 1))
            var state = AdamW.State(count: 83)
            var expected = samples.values(83, 1).map(Double.init)
            var m = [Double](repeating: 0, count: 83)
            var v = m
            for step in 1...3 {
                let gradients = FloatBuffer(samples.values(83, UInt32(step + 1)))
                adam.step(
                    parameters,
                    gradients: gradients,
                    gradientScale: 0.5,
                    rate: 0.01,
                    state: &state,
                    compute: compute
                )
                let c1: Double = [0.1, 0.19, 0.271][step - 1]
                let c2: Double = [0.05, 0.0975, 0.142625][step - 1]
                for i in 0..<83 {
                    let g = Double(gradients.values[i]) * 0.5
                    m[i] = 0.9 * m[i] + 0.1 * g
                    v[i] = 0.95 * v[i] + 0.05 * g * g
                    expected[i] *= 1 - 0.01 * 0.1
                    let root: Double = (v[i] / c2).squareRoot() + 1e-8
                    expected[i] -= 0.01 / c1 * m[i] / root
                }
            }
            #expect(largestDifference(parameters.values, expected.map { Float($0) }) < 2e-6)
            first = first ?? parameters.values.map(\.bitPattern)
            #expect(parameters.values.map(\.bitPattern) == first)
        }
    }
}
