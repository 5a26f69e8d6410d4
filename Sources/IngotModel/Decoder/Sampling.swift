// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// How the next token is chosen from logits.
package struct Sampling: Sendable, Equatable {
    /// 0 takes the most likely token, the lower id among equals.
    package var temperature: Float
    /// Only the most likely tokens that together have this probability are drawn from.
    package var topP: Float
    package var seed: UInt64

    package init(temperature: Float = 0, topP: Float = 1, seed: UInt64 = 0) {
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
    }

    /// The most likely token, every time.
    package static let greedy = Sampling()

    /// The token number `index` of an answer: a pure function of logits, settings and index.
    func choose(_ logits: [Float], index: Int, compute: Compute) -> Int32 {
        guard temperature > 0, let best = logits.max() else { return Self.argmax(logits) }
        let weights = compute.exponential(logits.map { ($0 - best) / temperature })
        let order = weights.indices.filter { weights[$0] > 0 }.sorted {
            (weights[$0], -$0) > (weights[$1], -$1)
        }
        let total = order.reduce(0.0) { $0 + Double(weights[$1]) }
        var kept = 0.0
        var candidates: [Int] = []
        for token in order {
            candidates.append(token)
            kept += Double(weights[token])
            if kept >= total * Double(topP) { break }
        }
        var point = Double(Philox(seed: seed).uniform(index, stream: Self.stream, 0)) * kept
        for token in candidates {
            point -= Double(weights[token])
            if point < 0 { return Int32(token) }
        }
        return Int32(candidates.last ?? 0)
    }

    /// Distinguishes these random numbers from those of training.
    private static let stream: UInt32 = 0x5341_4D50

    private static func argmax(_ logits: [Float]) -> Int32 {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return Int32(best)
    }
}
