// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotData
import Testing

@testable import IngotEvaluation

/// What gates are tested with: the first `hits` of the examples are right.
func result(
    _ name: String,
    hits: Int,
    of count: Int = 200,
    split: Split = .test,
    digest: String = "split",
    loss: Double? = 1.5,
    ids: String = "e"
) throws -> EvaluationResult {
    try EvaluationResult(
        subject: EvaluationSubject(
            name: name,
            digest: Digest.of(name),
            method: .generation,
            form: "unmerged",
            kernels: "portable"
        ),
        split: EvaluationSplit(
            dataset: Digest.of("dataset"),
            split: split,
            digest: Digest.of(digest)
        ),
        labels: ["a", "b"],
        scores: (0..<count).map {
            ExampleScore(
                id: "\(ids)\($0)",
                expected: "a",
                answer: $0 < hits ? "a" : "b",
                choice: $0 < hits ? "a" : "b",
                logLikelihoods: $0 < hits ? [-1, -2] : [-2, -1],
                lossSum: loss,
                tokenCount: loss == nil ? 0 : 1
            )
        },
        bootstrap: Bootstrap(resamples: 200)
    )
}

@Suite("EvaluationResult")
struct EvaluationResultTests {
    @Test("reads back what it wrote, with the metrics computed again")
    func roundTrip() throws {
        let written = try result("candidate", hits: 120)
        let read = try EvaluationResult(
            json: JSONValue(parsing: written.json.canonicalBytes),
            outputs: written.outputs
        )
        #expect(read.json == written.json)
        #expect(read.scores == written.scores)
        #expect(read[.exactMatch]?.value == 0.6)
        #expect(read.metrics.map(\.metric) == Metric.allCases)
        let header = try EvaluationHeader(json: written.json)
        #expect(header.exampleCount == 200)
        #expect(header.outputs == Digest.of(written.outputs))
    }

    @Test("keeps NaN as null")
    func notANumber() throws {
        let written = try result("candidate", hits: 120, loss: .nan)
        let text = written.json.canonicalText
        #expect(text.contains(#""loss":{"lower":null,"upper":null,"value":null}"#))
        let read = try EvaluationResult(
            json: JSONValue(parsing: text),
            outputs: written.outputs
        )
        #expect(read[.loss]?.value.isNaN == true)
    }

    @Test("refuses outputs that were changed, and metrics that do not follow")
    func tampered() throws {
        let written = try result("candidate", hits: 120)
        let better = try result("candidate", hits: 121)
        #expect {
            try EvaluationResult(json: written.json, outputs: better.outputs)
        } throws: {
            "\($0)".hasPrefix("evaluation of candidate: the outputs have the digest sha256:")
        }
        guard case .object(var members) = written.json else { return }
        members["metrics"] = better.json["metrics"]
        #expect {
            try EvaluationResult(json: .object(members), outputs: written.outputs)
        } throws: {
            "\($0)" == "evaluation of candidate: the metrics do not follow from the outputs"
        }
    }

    @Test("refuses no examples, one twice, and likelihoods that do not fit the labels")
    func malformed() throws {
        let good = try result("x", hits: 1, of: 2)
        let make = { (scores: [ExampleScore]) in
            try EvaluationResult(
                subject: good.subject,
                split: good.split,
                labels: ["a"],
                scores: scores
            )
        }
        #expect { try make([]) } throws: { "\($0)".hasSuffix("the split has no examples") }
        let score = ExampleScore(id: "1", expected: "a")
        #expect { try make([score, score]) } throws: { "\($0)".hasSuffix("'1' is scored twice") }
        let odd = ExampleScore(id: "1", expected: "a", logLikelihoods: [1, 2])
        #expect { try make([odd]) } throws: {
            "\($0)".hasSuffix("has 2 log-likelihoods for 1 labels")
        }
    }

    @Test("names the line of an output that is malformed")
    func malformedOutputs() throws {
        let written = try result("candidate", hits: 1, of: 1)
        let outputs = written.outputs + Array(#"{"id":"x"}"#.utf8)
        guard case .object(var members) = written.json else { return }
        members["outputs"] = .string(Digest.of(outputs).description)
        #expect {
            try EvaluationResult(json: .object(members), outputs: outputs)
        } throws: { "\($0)" == "outputs line 2: expected is missing" }
    }
}

@Suite("Baselines")
struct BaselinesTests {
    @Test("answers with the majority label, or with the likeliest one")
    func baselines() throws {
        let source = SourceLocation(file: "f", line: 1, digest: Digest.of("x"))
        let examples = ["a", "b"].map { answer in
            Example(
                id: answer,
                group: answer,
                messages: [
                    Message(role: .user, content: "q"), Message(role: .assistant, content: answer),
                ],
                source: source
            )
        }
        let majority = Baselines.majority("a", on: examples)
        #expect(majority.map(\.isExactMatch) == [true, false])
        #expect(majority.map(\.isRightChoice) == [true, false])
        let chosen = Baselines.choice([
            ExampleScore(id: "1", expected: "a", answer: "talk", choice: "a")
        ])
        #expect(chosen[0].answer == "a")
    }
}
