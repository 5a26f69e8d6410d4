// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotData
internal import IngotEvaluation
internal import IngotModel

/// What a system is asked: prompts as tokens, and, where the answers are labels, every label as the
/// tokens of an answer with its end of turn.
struct EvaluationTask: Sendable {
    let split: EvaluationSplit
    let examples: [Example]
    /// Nil when the answers are free text.
    let labels: LabelSet?
    let prompts: [[Int32]]
    /// The expected answer of each example, end of turn included.
    let answers: [[Int32]]
    /// In the order of the labels.
    let choices: [[Int32]]
    let endTokens: Set<Int32>

    var labelTexts: [String] { labels?.labels.map(\.text) ?? [] }

    init(split: EvaluationSplit, examples: [Example], labels: LabelSet?, chat: ChatFormat) throws {
        self.split = split
        self.examples = examples
        self.labels = labels
        prompts = try examples.map { try chat.promptTokens($0.prompt.map(\.chatJSON)) }
        answers = try examples.map {
            try chat.answerTokens($0.answer, after: $0.prompt.map(\.chatJSON))
        }
        guard let first = examples.first else {
            throw EvaluationError("the split has no examples")
        }
        let context = first.prompt.map(\.chatJSON)
        choices = try (labels?.labels ?? []).map { try chat.answerTokens($0.text, after: context) }
        endTokens = chat.endTokens
    }
}

/// One model's scores on a task.
struct ModelScoring {
    let decoder: Decoder
    let tokenizer: Tokenizer
    let answerTokenLimit: Int

    /// Prompts in one packed pass: bounds memory, changes no result.
    private static let batchSize = 16

    /// Scores every example; with `generates` the model also writes an answer, greedily.
    func scores(
        _ task: EvaluationTask,
        generates: Bool,
        progress: (Double) -> Void
    ) -> [ExampleScore] {
        var scores: [ExampleScore] = []
        while scores.count < task.examples.count {
            let range = scores.count..<min(scores.count + Self.batchSize, task.examples.count)
            let queries = range.map { index in
                (
                    prefix: task.prompts[index],
                    continuations: task.labels == nil ? [task.answers[index]] : task.choices
                )
            }
            let likelihoods = decoder.scoreContinuations(queries)
            for (offset, index) in range.enumerated() {
                scores.append(score(task, index, likelihoods[offset], generates: generates))
            }
            progress(Double(scores.count) / Double(task.examples.count))
        }
        return scores
    }

    private func score(
        _ task: EvaluationTask,
        _ index: Int,
        _ likelihoods: [Double],
        generates: Bool
    ) -> ExampleScore {
        let example = task.examples[index]
        let answer = generates ? write(task, index) : nil
        guard task.labels != nil else {
            return ExampleScore(
                id: example.id,
                expected: example.answer,
                answer: answer,
                lossSum: likelihoods.first.map { -$0 },
                tokenCount: task.answers[index].count
            )
        }
        let labels = task.labelTexts
        let expected = labels.firstIndex { $0.utf8.elementsEqual(example.answer.utf8) }
        return ExampleScore(
            id: example.id,
            expected: example.answer,
            answer: answer,
            choice: ExampleScore.choice(of: labels, logLikelihoods: likelihoods),
            logLikelihoods: likelihoods,
            lossSum: expected.map { -likelihoods[$0] },
            tokenCount: expected.map { task.choices[$0].count } ?? 0
        )
    }

    private func write(_ task: EvaluationTask, _ index: Int) -> String {
        let tokens = decoder.generate(
            prompt: task.prompts[index],
            sampling: .greedy,
            maximumTokens: answerTokenLimit,
            stop: task.endTokens
        )
        return tokenizer.decode(tokens.filter { !task.endTokens.contains($0) })
    }
}
