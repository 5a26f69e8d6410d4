// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
package import IngotData

/// The split of a prepared dataset that an evaluation is about.
package struct EvaluationSplit: Sendable, Hashable {
    /// The dataset version.
    package let dataset: Digest
    package let split: Split
    /// SHA-256 of the split's file: what a gate pins.
    package let digest: Digest

    package init(dataset: Digest, split: Split, digest: Digest) {
        self.dataset = dataset
        self.split = split
        self.digest = digest
    }
}

/// What was evaluated, and how its numbers came about.
package struct EvaluationSubject: Sendable, Hashable {
    /// How `ExampleScore.answer` was got.
    package enum Method: String, CaseIterable, Sendable {
        /// Greedy generation.
        case generation
        /// The label of the highest log-likelihood.
        case choice
        /// The commonest answer of the training split, whatever the question.
        case majority
    }

    /// For people and rules: `candidate`, `base`, `majority`.
    package let name: String
    /// The version; nil for a baseline that is no model.
    package let digest: Digest?
    package let method: Method
    /// Such as `unmerged`, `merged`: a model in another form needs an evaluation of its own.
    package let form: String?
    /// The kernel set, such as `portable`.
    package let kernels: String?

    package init(
        name: String,
        digest: Digest?,
        method: Method,
        form: String? = nil,
        kernels: String? = nil
    ) {
        self.name = name
        self.digest = digest
        self.method = method
        self.form = form
        self.kernels = kernels
    }
}

/// One system's scores on one split, with its metrics.
///
/// Two files: the JSON of `schemas/evaluation.schema.json`, and the per-example outputs, one JSON
/// object a line, whose digest the first one names.
package struct EvaluationResult: Sendable {
    package let subject: EvaluationSubject
    package let split: EvaluationSplit
    /// What was chosen from; empty when nothing was.
    package let labels: [String]
    /// One each example, in the order of the split.
    package let scores: [ExampleScore]
    package let bootstrap: Bootstrap
    /// Those that the scores allow, in the order of `Metric.allCases`.
    package let metrics: [(metric: Metric, interval: Interval)]

    /// - Throws: `EvaluationError` when there are no scores, or two for one example.
    package init(
        subject: EvaluationSubject,
        split: EvaluationSplit,
        labels: [String] = [],
        scores: [ExampleScore],
        bootstrap: Bootstrap = Bootstrap()
    ) throws {
        guard !scores.isEmpty else {
            throw EvaluationError("evaluation of \(subject.name): the split has no examples")
        }
        var seen: Set<String> = []
        for score in scores {
            guard seen.insert(score.id).inserted else {
                throw EvaluationError(
                    "evaluation of \(subject.name): the example '\(score.id)' is scored twice"
                )
            }
            if let count = score.logLikelihoods?.count, count != labels.count {
                throw EvaluationError(
                    "evaluation of \(subject.name): the example '\(score.id)' has \(count) "
                        + "log-likelihoods for \(labels.count) labels"
                )
            }
        }
        self.subject = subject
        self.split = split
        self.labels = labels
        self.scores = scores
        self.bootstrap = bootstrap
        metrics = Metric.allCases.compactMap { metric in
            bootstrap.interval(metric, scores).map { (metric, $0) }
        }
    }

    package subscript(metric: Metric) -> Interval? {
        metrics.first { $0.metric == metric }?.interval
    }

    /// The per-example outputs: JSON objects, one a line.
    package var outputs: [UInt8] {
        var bytes: [UInt8] = []
        for score in scores {
            bytes += score.json.canonicalBytes
            bytes.append(0x0A)
        }
        return bytes
    }
}
