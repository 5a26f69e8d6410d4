// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotModel

/// The architecture as a textbook writes it, in fp64 and one token row at a time: what the decoder
/// is compared with.
struct DecoderReference {
    let model: Model
    let adapter: Adapter?

    /// Logits of every position.
    func logits(_ tokens: [Int32]) -> [[Double]] {
        let shape = model.configuration
        var rows = tokens.map { model.embedding.row(Int($0)).map(Double.init) }
        for (index, block) in model.blocks.enumerated() {
            let normed = rows.map { norm($0, block.attentionNorm) }
            let q = normed.enumerated().map {
                turn(normHeads(linear(index, .q, $1), block.headNorms?.q), at: $0)
            }
            let k = normed.enumerated().map {
                turn(normHeads(linear(index, .k, $1), block.headNorms?.k), at: $0)
            }
            let v = normed.map { linear(index, .v, $0) }
            for row in rows.indices {
                let o = attention(q[row], k, v, upTo: row)
                rows[row] = sum(rows[row], linear(index, .o, o))
            }
            for row in rows.indices {
                let x = norm(rows[row], block.feedForwardNorm)
                let gate = linear(index, .gate, x)
                let up = linear(index, .up, x)
                let activated = zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }
                rows[row] = sum(rows[row], linear(index, .down, activated))
            }
        }
        let head = model.outputMatrix.dequantized().map(Double.init)
        return rows.map { row in
            let x = norm(row, model.finalNorm)
            return (0..<shape.vocabularySize).map { token in
                dot(x[...], head[token * shape.hiddenSize..<(token + 1) * shape.hiddenSize])
            }
        }
    }

    private func attention(
        _ q: [Double],
        _ k: [[Double]],
        _ v: [[Double]],
        upTo last: Int
    ) -> [Double] {
        let shape = model.configuration
        let (size, group) = (shape.headSize, shape.headCount / shape.keyValueHeadCount)
        var o = [Double](repeating: 0, count: q.count)
        for head in 0..<shape.headCount {
            let mine = head * size..<(head + 1) * size
            let shared = head / group * size..<(head / group + 1) * size
            let scores = (0...last).map {
                last - $0 < shape.slidingWindow ?? .max
                    ? dot(q[mine], k[$0][shared]) / Double(size).squareRoot() : -.infinity
            }
            let weights = scores.map { exp($0) }
            let total = weights.reduce(0, +)
            for (weight, value) in zip(weights, v) {
                for (i, j) in zip(mine, shared) { o[i] += weight / total * value[j] }
            }
        }
        return o
    }

    private func linear(_ block: Int, _ role: LinearRole, _ x: [Double]) -> [Double] {
        let weight = model.blocks[block][role]
        var y = (0..<weight.rows).map { dot(weight.row($0).map(Double.init)[...], x[...]) }
        if let bias = model.blocks[block].biases[role] { y = sum(y, bias.map(Double.init)) }
        guard let adapter, let pair = adapter[block, role] else { return y }
        let low = (0..<pair.rank).map { r in
            (0..<x.count).reduce(0.0) { $0 + Double(pair.a[r * x.count + $1]) * x[$1] }
        }
        for i in y.indices {
            let update = (0..<pair.rank).reduce(0.0) {
                $0 + Double(pair.b[i * pair.rank + $1]) * low[$1]
            }
            y[i] += Double(adapter.configuration.scale(block, role)) * update
        }
        return y
    }

    private func norm(_ x: [Double], _ weight: [Float]) -> [Double] {
        let mean = dot(x[...], x[...]) / Double(x.count)
        let root = (mean + Double(model.configuration.normEpsilon)).squareRoot()
        return zip(x, weight).map { $0 / root * Double($1) }
    }

    private func normHeads(_ x: [Double], _ weight: [Float]?) -> [Double] {
        guard let weight else { return x }
        return stride(from: 0, to: x.count, by: weight.count).flatMap {
            norm(Array(x[$0..<$0 + weight.count]), weight)
        }
    }

    private func turn(_ x: [Double], at position: Int) -> [Double] {
        let size = model.configuration.headSize
        var y = x
        for head in stride(from: 0, to: x.count, by: size) {
            for i in 0..<size / 2 {
                let exponent = Double(2 * i) / Double(size)
                let wave = pow(Double(model.configuration.ropeBase), exponent)
                let divisors = model.configuration.ropeDivisors
                let angle = Double(position) / wave / (divisors.isEmpty ? 1 : Double(divisors[i]))
                let (a, b) = (x[head + i], x[head + i + size / 2])
                y[head + i] = a * cos(angle) - b * sin(angle)
                y[head + i + size / 2] = b * cos(angle) + a * sin(angle)
            }
        }
        return y
    }

    private func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }

    private func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
