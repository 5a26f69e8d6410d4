// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotTensor
import Testing

@Suite struct RowKernelTests {
    let samples = Samples(21)

    @Test("exp is within two units of the last place, 0 far below and infinite far above")
    func exponential() {
        let range = (0..<4001).map { (i: Int) -> Float in Float(i - 2000) * 0.0437 }
        let x: [Float] = range + [-1e9, 1e9, Float.infinity, -Float.infinity]
        var first: [UInt32]?
        for compute in everyCompute {
            let y = compute.exponential(x)
            for (value, result) in zip(x.prefix(4001), y) where abs(value) < 87 {
                let exact: Float = expf(value)
                let error: Float = abs(result - exact)
                #expect(error <= 2 * exact.ulp)
            }
            let ends: [Float] = [0, .infinity, .infinity, 0]
            #expect(Array(y.suffix(4)) == ends)
            #expect(compute.exponential([.nan])[0].isNaN)
            first = first ?? y.map(\.bitPattern)
            #expect(y.map(\.bitPattern) == first)
        }
    }

    @Test(
        "norm agrees with the definition and its gradient with finite differences",
        arguments: [16, 37, 576]
    )
    func norm(_ width: Int) {
        let x = samples.matrix(5, width, 1)
        let weight = samples.matrix(1, width, 2)
        let dy = samples.matrix(5, width, 3)
        let expected = Matrix(rows: 5, columns: width)
        Reference.norm(x, weight: weight, epsilon: 1e-5, into: expected)
        var first: [[UInt32]]?
        for compute in everyCompute {
            let y = Matrix(rows: 5, columns: width)
            let dx = samples.matrix(5, width, 4)
            compute.norm(x, weight: weight, epsilon: 1e-5, into: y)
            compute.normGradient(x, weight: weight, epsilon: 1e-5, of: dy, into: dx)
            #expect(largestDifference(y.values, expected.values) < 1e-5)
            first = first ?? [bits(y), bits(dx)]
            #expect([bits(y), bits(dx)] == first)
        }
        let dx = Matrix(rows: 5, columns: width)
        everyCompute[0].normGradient(x, weight: weight, epsilon: 1e-5, of: dy, into: dx)
        func loss(_ values: [Float]) -> Double {
            let y = Matrix(rows: 5, columns: width)
            Reference.norm(
                Matrix(rows: 5, columns: width, values: values),
                weight: weight,
                epsilon: 1e-5,
                into: y
            )
            return zip(y.values, dy.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        expectSlopes(x.values, dx.values, loss)
    }

    @Test("SwiGLU and its gradient", arguments: [16, 50])
    func swiglu(_ width: Int) {
        let (gate, up) = (samples.matrix(3, width, 1), samples.matrix(3, width, 2))
        let dy = samples.matrix(3, width, 3)
        func value(_ gate: [Float], _ up: [Float]) -> [Float] {
            zip(gate, up).map { $0 / (1 + expf(-$0)) * $1 }
        }
        var first: [[UInt32]]?
        for compute in everyCompute {
            let y = Matrix(rows: 3, columns: width)
            compute.swiglu(gate: gate, up: up, into: y)
            #expect(largestDifference(y.values, value(gate.values, up.values)) < 1e-6)
            let dGate = samples.matrix(3, width, 1)
            let dUp = samples.matrix(3, width, 2)
            let again = Matrix(rows: 3, columns: width)
            compute.swigluGradient(dy, gate: dGate, up: dUp, output: again)
            #expect(bits(again) == bits(y))
            first = first ?? [bits(y), bits(dGate), bits(dUp)]
            #expect([bits(y), bits(dGate), bits(dUp)] == first)
            func loss(_ values: [Float]) -> Double {
                zip(value(values, up.values), dy.values).reduce(0) {
                    $0 + Double($1.0) * Double($1.1)
                }
            }
            expectSlopes(gate.values, dGate.values, loss)
        }
    }

    @Test("turning back undoes a rotation, and position 0 is left alone")
    func rotation() {
        let angles = RotaryAngles(positions: [0, 5, 8000], headSize: 64, base: 100_000)
        var first: [UInt32]?
        for compute in everyCompute {
            let x = samples.matrix(3, 192, 1)
            compute.rotate(x, by: angles)
            #expect(x.values(row: 0) == samples.matrix(3, 192, 1).values(row: 0))
            first = first ?? bits(x)
            #expect(bits(x) == first)
            compute.rotate(x, by: angles, back: true)
            #expect(largestDifference(x.values, samples.matrix(3, 192, 1).values) < 1e-6)
        }
    }

    @Test("cross entropy: loss and gradient of a long row")
    func crossEntropy() {
        let width = 1234
        var first: [UInt32]?
        for compute in everyCompute {
            let logits = samples.matrix(2, width, 1)
            let exact = (0..<2).map { row in
                log(logits.values(row: row).reduce(0) { $0 + exp(Double($1)) })
            }
            let totals = compute.logSumExp(logits)
            for (total, exact) in zip(totals, exact) { #expect(abs(total - exact) < 1e-6) }
            compute.crossEntropyGradient(
                logits,
                targets: [7, 1233],
                logSumExp: totals,
                factor: 0.5
            )
            #expect(abs(logits.values(row: 1).reduce(0, +)) < 1e-5)
            #expect(logits.value(row: 0, column: 7) < -0.49)
            first = first ?? bits(logits)
            #expect(bits(logits) == first)
        }
    }

    @Test("the sum of squares is in fp64")
    func squares() {
        let x = samples.matrix(1, 1001, 1)
        let exact = x.values.reduce(0.0) { $0 + Double($1) * Double($1) }
        let results = everyCompute.map { $0.squareSum(x) }
        #expect(abs(results[0] - exact) < 1e-12 * exact)
        #expect(Set(results).count == 1)
    }

    private func expectSlopes(
        _ values: [Float],
        _ gradient: [Float],
        _ loss: ([Float]) -> Double
    ) {
        for index in stride(from: 1, to: values.count, by: 23) {
            var (up, down) = (values, values)
            up[index] += 0.01
            down[index] -= 0.01
            let slope = (loss(up) - loss(down)) / 0.02
            let error = abs(slope - Double(gradient[index]))
            #expect(error < 2e-3)
        }
    }
}
