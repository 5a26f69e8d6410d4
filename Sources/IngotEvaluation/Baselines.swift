// SPDX-License-Identifier: Apache-2.0

package import IngotData

/// Systems that a candidate must beat to be worth anything.
package enum Baselines {
    /// Answers every example with one label.
    package static func majority(_ label: String, on examples: [Example]) -> [ExampleScore] {
        examples.map { ExampleScore(id: $0.id, expected: $0.answer, answer: label, choice: label) }
    }

    /// Takes the label that a model finds likeliest as its answer: a base that was never taught the
    /// form of an answer still gets to choose one.
    package static func choice(_ scores: [ExampleScore]) -> [ExampleScore] {
        scores.map {
            ExampleScore(
                id: $0.id,
                expected: $0.expected,
                answer: $0.choice,
                choice: $0.choice,
                logLikelihoods: $0.logLikelihoods,
                lossSum: $0.lossSum,
                tokenCount: $0.tokenCount
            )
        }
    }
}
