// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotEvaluation

@Suite("Metric")
struct MetricTests {
    private func value(_ metric: Metric, _ scores: [ExampleScore]) -> Double? {
        MetricData(metric, scores)?.value
    }

    private let scores = [
        ExampleScore(
            id: "1",
            expected: "a",
            answer: " a\n",
            choice: "a",
            lossSum: 2,
            tokenCount: 1
        ),
        ExampleScore(
            id: "2",
            expected: "a",
            answer: "b",
            choice: "a",
            lossSum: 3,
            tokenCount: 2
        ),
        ExampleScore(
            id: "3",
            expected: "b",
            answer: "b",
            choice: "a",
            lossSum: 1,
            tokenCount: 1
        ),
        ExampleScore(
            id: "4",
            expected: "c",
            answer: "nonsense",
            choice: "b",
            lossSum: 0,
            tokenCount: 1
        ),
    ]

    @Test("computes exact match, accuracy, F1, loss and perplexity")
    func values() throws {
        #expect(value(.exactMatch, scores) == 0.5)
        #expect(value(.accuracy, scores) == 0.5)
        // a: 2·1/(2+1), b: 2·1/(1+2), c: 0.
        #expect(value(.macroF1, scores) == (2.0 / 3 + 2.0 / 3 + 0) / 3)
        #expect(value(.loss, scores) == 6.0 / 5)
        let perplexity = try #require(value(.perplexity, scores))
        #expect(abs(perplexity - 3.3201169227365472) < 1e-12)
    }

    @Test("has no value when one example lacks what it needs")
    func missing() {
        let without = scores + [ExampleScore(id: "5", expected: "a")]
        for metric in Metric.allCases { #expect(value(metric, without) == nil) }
        #expect(value(.exactMatch, []) == nil)
    }

    @Test("compares answers by bytes, not by canonical equivalence")
    func bytes() {
        let score = ExampleScore(id: "1", expected: "\u{E9}", answer: "e\u{301}")
        #expect(score.isExactMatch == false)
    }

    @Test("chooses the likeliest label, the first of equals, and none among NaN")
    func choice() {
        let labels = ["a", "b", "c"]
        #expect(ExampleScore.choice(of: labels, logLikelihoods: [-3, -1, -1]) == "b")
        #expect(ExampleScore.choice(of: labels, logLikelihoods: [-3, .nan, -1]) == nil)
        #expect(ExampleScore.choice(of: labels, logLikelihoods: [-3]) == nil)
        #expect(ExampleScore.choice(of: [], logLikelihoods: []) == nil)
        #expect(
            ExampleScore.choice(
                of: labels,
                logLikelihoods: [-.infinity, -.infinity, -.infinity]
            ) == "a"
        )
    }
}

@Suite("Bootstrap")
struct BootstrapTests {
    /// `count` examples, the first `hits` of them right.
    private func scores(_ hits: Int, of count: Int) -> [ExampleScore] {
        (0..<count).map {
            ExampleScore(id: "\($0)", expected: "a", answer: $0 < hits ? "a" : "b")
        }
    }

    @Test("gives the same interval again, and another one with another seed")
    func seeded() {
        let data = (0..<200).map {
            ExampleScore(id: "\($0)", expected: "a", lossSum: Double($0 * $0), tokenCount: 1)
        }
        let first = Bootstrap(resamples: 500, seed: 1).interval(.loss, data)
        #expect(first == Bootstrap(resamples: 500, seed: 1).interval(.loss, data))
        #expect(first != Bootstrap(resamples: 500, seed: 2).interval(.loss, data))
    }

    @Test("agrees with the normal approximation where that is good")
    func normal() throws {
        let interval = try #require(Bootstrap().interval(.exactMatch, scores(120, of: 400)))
        let error = 1.96 * (0.3 * 0.7 / 400).squareRoot()
        #expect(interval.value == 0.3)
        #expect(abs(interval.lower - (0.3 - error)) < 0.004)
        #expect(abs(interval.upper - (0.3 + error)) < 0.004)
    }

    @Test("has no width when all examples agree")
    func degenerate() throws {
        let interval = try #require(Bootstrap().interval(.exactMatch, scores(50, of: 50)))
        #expect(interval == Interval(value: 1, lower: 1, upper: 1))
    }

    @Test("draws the same examples for both systems of a comparison")
    func paired() throws {
        // Two systems that agree everywhere: unpaired intervals would have a width.
        let data = scores(60, of: 200)
        let same = try #require(Bootstrap().difference(.exactMatch, data, baseline: data))
        #expect(same == Interval(value: 0, lower: 0, upper: 0))
        let better = try #require(
            Bootstrap().difference(.exactMatch, scores(90, of: 200), baseline: data)
        )
        // Not 0.45 - 0.3, which rounds to another number.
        #expect(better.value == 0.15)
        #expect(better.lower > 0.09 && better.upper < 0.21)
    }

    @Test("compares no evaluations of other examples")
    func unpaired() {
        #expect(
            Bootstrap().difference(.exactMatch, scores(1, of: 5), baseline: scores(1, of: 4)) == nil
        )
        #expect(
            Bootstrap().difference(
                .exactMatch,
                scores(1, of: 5),
                baseline: scores(1, of: 5).reversed()
            ) == nil
        )
    }

    @Test("says NaN where a loss is NaN")
    func notANumber() throws {
        let data = [
            ExampleScore(id: "1", expected: "a", lossSum: .nan, tokenCount: 1),
            ExampleScore(id: "2", expected: "a", lossSum: 1, tokenCount: 1),
        ]
        let interval = try #require(Bootstrap().interval(.loss, data))
        #expect(interval.value.isNaN && interval.lower.isNaN && interval.upper.isNaN)
    }

    @Test("interpolates quantiles linearly")
    func quantiles() {
        let sorted = [0.0, 1, 2, 3, 4]
        #expect(Bootstrap.quantile(0, of: sorted) == 0)
        #expect(Bootstrap.quantile(0.1, of: sorted) == 0.4)
        #expect(Bootstrap.quantile(1, of: sorted) == 4)
        #expect(Bootstrap.quantile(0.3, of: [7]) == 7)
    }
}
