// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A measured number with its percentile bootstrap interval.
package struct Interval: Sendable, Equatable {
    package let value: Double
    package let lower: Double
    package let upper: Double

    package init(value: Double, lower: Double, upper: Double) {
        self.value = value
        self.lower = lower
        self.upper = upper
    }
}

/// The percentile bootstrap (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993).
///
/// Examples are drawn with replacement, the statistic is computed on each draw, and the interval
/// holds the middle share of the results. Comparisons draw the same examples for both systems,
/// which is what makes them paired. The same seed gives the same interval.
package struct Bootstrap: Sendable, Equatable {
    package let resamples: Int
    package let confidence: Double
    package let seed: UInt64

    package static let defaultResamples = 10_000

    package init(
        resamples: Int = Self.defaultResamples,
        confidence: Double = 0.95,
        seed: UInt64 = 0
    ) {
        precondition(resamples > 0 && confidence > 0 && confidence < 1)
        self.resamples = resamples
        self.confidence = confidence
        self.seed = seed
    }

    /// Of one system; nil when the scores lack what the metric needs.
    package func interval(_ metric: Metric, _ scores: [ExampleScore]) -> Interval? {
        guard let data = MetricData(metric, scores) else { return nil }
        return interval(count: data.count, data.value)
    }

    /// Of the difference between two systems, `scores` minus `baseline`, on the same examples.
    ///
    /// Nil when one of them lacks what the metric needs, or the examples are not the same in the
    /// same order.
    package func difference(
        _ metric: Metric,
        _ scores: [ExampleScore],
        baseline: [ExampleScore]
    ) -> Interval? {
        guard scores.map(\.id) == baseline.map(\.id), let data = MetricData(metric, scores),
            let other = MetricData(metric, baseline)
        else { return nil }
        return interval(count: data.count) { data.difference(to: other, $0) }
    }

    private func interval(count: Int, _ statistic: ([Int]) -> Double) -> Interval {
        let value = statistic(Array(0..<count))
        let random = CounterRandom(seed: seed)
        var results: [Double] = []
        results.reserveCapacity(resamples)
        var sample = [Int](repeating: 0, count: count)
        var counter: UInt64 = 0
        for _ in 0..<resamples {
            for index in sample.indices {
                sample[index] = random.index(counter, below: count)
                counter += 1
            }
            results.append(statistic(sample))
        }
        // NaN has no place in an order; one of them makes both bounds NaN.
        guard !results.contains(where: \.isNaN) else {
            return Interval(value: value, lower: .nan, upper: .nan)
        }
        results.sort()
        let tail = (1 - confidence) / 2
        return Interval(
            value: value,
            lower: Self.quantile(tail, of: results),
            upper: Self.quantile(1 - tail, of: results)
        )
    }

    /// Linear between neighbours, as NumPy's default.
    static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let position = share * Double(sorted.count - 1)
        let below = min(Int(position), sorted.count - 1)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
    }
}
