// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What is measured over the examples of a split.
package enum Metric: String, CaseIterable, Sendable {
    /// Share of answers that are the expected text.
    case exactMatch = "exact_match"
    /// Share of choices by log-likelihood that are the expected label.
    case accuracy
    /// Mean F1 of the labels that are expected somewhere, each weighing the same; of the answers,
    /// or of the choices where there are no answers.
    case macroF1 = "macro_f1"
    /// Mean negative log-likelihood a token of the expected answers, in nats.
    case loss
    /// e to the loss.
    case perplexity

    package var prefersHigher: Bool { self != .loss && self != .perplexity }
}

/// A metric's inputs taken from scores, ready to be computed over any sample of the examples.
struct MetricData {
    private enum Content {
        /// Sum of numerators over sum of denominators.
        case ratio([Double], [Double])
        case exponential([Double], [Double])
        /// Classes of what was expected and predicted; -1 is a prediction that is no class.
        case classes(expected: [Int], predicted: [Int], count: Int)
    }

    private let content: Content
    let count: Int

    /// Nil when the scores lack what the metric needs, for even one example.
    init?(_ metric: Metric, _ scores: [ExampleScore]) {
        guard !scores.isEmpty else { return nil }
        count = scores.count
        let ones = [Double](repeating: 1, count: scores.count)
        switch metric {
        case .exactMatch:
            guard let hits = Self.all(scores.map(\.isExactMatch)) else { return nil }
            content = .ratio(hits.map { $0 ? 1 : 0 }, ones)
        case .accuracy:
            guard let hits = Self.all(scores.map(\.isRightChoice)) else { return nil }
            content = .ratio(hits.map { $0 ? 1 : 0 }, ones)
        case .loss, .perplexity:
            guard let sums = Self.all(scores.map(\.lossSum)),
                scores.allSatisfy({ $0.tokenCount > 0 })
            else { return nil }
            let counts = scores.map { Double($0.tokenCount) }
            content = metric == .loss ? .ratio(sums, counts) : .exponential(sums, counts)
        case .macroF1:
            guard let texts = Self.all(scores.map(\.answer)) ?? Self.all(scores.map(\.choice))
            else { return nil }
            content = Self.classes(scores.map(\.expected), texts)
        }
    }

    private static func all<Value>(_ values: [Value?]) -> [Value]? {
        let present = values.compactMap(\.self)
        return present.count == values.count ? present : nil
    }

    private static func classes(_ expected: [String], _ predicted: [String]) -> Content {
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        let known = expected.map { text in
            let text = ExampleScore.trimmed(text)
            let number = numbers[text] ?? numbers.count
            numbers[text] = number
            return number
        }
        return .classes(
            expected: known,
            predicted: predicted.map { numbers[ExampleScore.trimmed($0)] ?? -1 },
            count: numbers.count
        )
    }

    var value: Double { value(Array(0..<count)) }

    /// Over a sample of the examples' indices, which may repeat.
    func value(_ sample: [Int]) -> Double {
        switch content {
        case .ratio(let numerators, let denominators):
            Self.ratio(numerators, denominators, sample)
        case .exponential(let numerators, let denominators):
            exp(Self.ratio(numerators, denominators, sample))
        case .classes(let expected, let predicted, let classCount):
            Self.macroF1(expected, predicted, classCount, sample)
        }
    }

    /// The difference to another system on the same sample.
    ///
    /// Where the denominators agree it is one division, so that 30 more hits of 200 are exactly
    /// the number 0.15 and a rule at the boundary does not turn on rounding.
    func difference(to other: MetricData, _ sample: [Int]) -> Double {
        guard case .ratio(let mine, let counts) = content,
            case .ratio(let theirs, let otherCounts) = other.content, counts == otherCounts
        else { return value(sample) - other.value(sample) }
        var (left, right, total) = (0.0, 0.0, 0.0)
        for index in sample {
            left += mine[index]
            right += theirs[index]
            total += counts[index]
        }
        return (left - right) / total
    }

    private static func ratio(
        _ numerators: [Double],
        _ denominators: [Double],
        _ sample: [Int]
    ) -> Double {
        var (sum, total) = (0.0, 0.0)
        for index in sample {
            sum += numerators[index]
            total += denominators[index]
        }
        return sum / total
    }

    private static func macroF1(
        _ expected: [Int],
        _ predicted: [Int],
        _ classCount: Int,
        _ sample: [Int]
    ) -> Double {
        var (hits, wanted, found) = (
            [Int](repeating: 0, count: classCount), [Int](repeating: 0, count: classCount),
            [Int](repeating: 0, count: classCount)
        )
        for index in sample {
            wanted[expected[index]] += 1
            if predicted[index] >= 0 { found[predicted[index]] += 1 }
            if predicted[index] == expected[index] { hits[expected[index]] += 1 }
        }
        var (sum, present) = (0.0, 0)
        for index in 0..<classCount where wanted[index] > 0 {
            sum += 2 * Double(hits[index]) / Double(wanted[index] + found[index])
            present += 1
        }
        return sum / Double(present)
    }
}
