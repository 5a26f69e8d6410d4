// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotEvaluation

private func policy(_ rules: String, _ more: String = "") throws -> GatePolicy {
    try GatePolicy(json: JSONValue(parsing: "{\"rules\":[\(rules)],\"resamples\":1000\(more)}"))
}

/// A target of a rule.
private func aboveBest(_ plus: Double) -> String { "{\"baseline\":\"best\",\"plus\":\(plus)}" }

@Suite("GatePolicy")
struct GatePolicyTests {
    @Test("has the documented defaults and says its rules in words")
    func defaults() throws {
        let policy = try policy(
            """
            {"metric":"exact_match","bound":"lower","at_least":{"baseline":"best","plus":0.15}},
            {"metric":"loss","at_most":2},
            {"metric":"accuracy","at_least":{"baseline":"base","plus":-0.01}},
            {"metric":"macro_f1","bound":"upper","at_least":{"baseline":"base"}}
            """
        )
        #expect(policy.split == .test)
        #expect(policy.bootstrap == Bootstrap(resamples: 1000, confidence: 0.95, seed: 0))
        #expect(policy.minimumExampleCount == 1)
        #expect(
            policy.rules.map { $0.text(confidence: 0.95) } == [
                "exact_match (lower 95 % bound) at least the best baseline + 0.15",
                "loss at most 2",
                "accuracy at least the baseline 'base' - 0.01",
                "macro_f1 (upper 95 % bound) at least the baseline 'base'",
            ]
        )
    }

    @Test(
        "refuses a wrong key or value and names its place",
        arguments: [
            ("{}", "rules is missing"),
            (#"{"rules":[]}"#, "rules: a gate without rules would pass everything"),
            (
                #"{"rules":[{"metric":"loss","at_most":1}],"confidance":1}"#,
                "confidance is not a known key: did you mean 'confidence'?"
            ),
            (
                #"{"rules":[{"metric":"los","at_most":1}]}"#,
                "rules[0].metric: 'los' is not known: did you mean 'loss'?"
            ),
            (#"{"rules":[{"at_most":1}]}"#, "rules[0].metric is missing"),
            (
                #"{"rules":[{"metric":"loss","bound":"low","at_most":1}]}"#,
                "rules[0].bound: 'low' is not known: did you mean 'lower'?"
            ),
            (#"{"rules":[{"metric":"loss"}]}"#, "rules[0]: give one of at_least and at_most"),
            (#"{"rules":[{"metric":"loss","at_most":1,"at_least":0}]}"#, "rules[0]: give one of"),
            (
                #"{"rules":[{"metric":"loss","at_mots":1}]}"#,
                "rules[0].at_mots is not a known key: did you mean 'at_most'?"
            ),
            (
                #"{"rules":[{"metric":"loss","at_most":"1"}]}"#,
                "rules[0].at_most: expected a number, or a baseline"
            ),
            (
                #"{"rules":[{"metric":"loss","at_most":{"plus":1}}]}"#,
                "rules[0].at_most.baseline is missing"
            ),
            (
                #"{"rules":[{"metric":"loss","at_most":{"baseline":"b","pls":1}}]}"#,
                "rules[0].at_most.pls is not a known key: did you mean 'plus'?"
            ),
            (#"{"rules":["x"]}"#, "rules[0]: expected keys and values"),
            (
                #"{"split":"train","rules":[{"metric":"loss","at_most":1}]}"#,
                "split: 'train' is neither"
            ),
            (#"{"split_digest":"abc","rules":[{"metric":"loss","at_most":1}]}"#, "digest 'abc'"),
            (
                #"{"confidence":95,"rules":[{"metric":"loss","at_most":1}]}"#,
                "confidence: expected 0.5"
            ),
            (
                #"{"resamples":1,"rules":[{"metric":"loss","at_most":1}]}"#,
                "resamples: expected 100"
            ),
            (
                #"{"require":{"examples":0},"rules":[{"metric":"loss","at_most":1}]}"#,
                "require.examples: expected at least 1"
            ),
            (
                #"{"require":{"example":5},"rules":[{"metric":"loss","at_most":1}]}"#,
                "require.example is not a known key: did you mean 'examples'?"
            ),
            ("[]", "the file: expected keys and values"),
        ]
    )
    func malformed(text: String, message: String) throws {
        let json = try JSONValue(parsing: text)
        #expect {
            try GatePolicy(json: json)
        } throws: {
            let actual = "\($0)"
            if !actual.hasPrefix(message) { Issue.record("\(actual)") }
            return !actual.contains("\n")
        }
    }
}

@Suite("Verdict")
struct VerdictTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        let outcome: Verdict.Outcome
        var testDescription: String { "\(rule) \(outcome.rawValue)" }
    }

    @Test(
        "decides at the boundary by the number itself",
        arguments: [
            // 120 of 200 are right; the baselines have 90 and 60.
            Case(rule: #"{"metric":"exact_match","at_least":0.6}"#, outcome: .passed),
            Case(rule: #"{"metric":"exact_match","at_least":0.6000000001}"#, outcome: .failed),
            Case(rule: #"{"metric":"exact_match","at_most":0.6}"#, outcome: .passed),
            Case(rule: #"{"metric":"exact_match","at_most":0.5999999999}"#, outcome: .failed),
            Case(rule: #"{"metric":"loss","at_most":1.5}"#, outcome: .passed),
            Case(rule: #"{"metric":"loss","bound":"upper","at_most":1.5}"#, outcome: .passed),
            Case(rule: #"{"metric":"loss","at_most":1.4999}"#, outcome: .failed),
            Case(
                rule: #"{"metric":"exact_match","at_least":{"baseline":"best","plus":0.15}}"#,
                outcome: .passed
            ),
            Case(
                rule: #"{"metric":"exact_match","at_least":{"baseline":"best","plus":0.1501}}"#,
                outcome: .failed
            ),
            Case(
                rule: #"{"metric":"exact_match","at_least":{"baseline":"majority","plus":0.3}}"#,
                outcome: .passed
            ),
            Case(
                rule: #"{"bound":"lower","metric":"exact_match","at_least":\#(aboveBest(0.15))}"#,
                outcome: .failed
            ),
            Case(
                rule: #"{"bound":"lower","metric":"exact_match","at_least":\#(aboveBest(0.09))}"#,
                outcome: .passed
            ),
            Case(
                rule: #"{"metric":"exact_match","bound":"lower","at_least":0.6}"#,
                outcome: .failed
            ),
            Case(
                rule: #"{"metric":"exact_match","bound":"upper","at_least":0.6}"#,
                outcome: .passed
            ),
        ]
    )
    func boundary(item: Case) throws {
        let evidence = Evidence(
            candidate: try result("candidate", hits: 120),
            baselines: [try result("majority", hits: 60), try result("base", hits: 90)]
        )
        let verdict = try policy(item.rule).verdict(on: evidence)
        #expect(verdict.outcome == item.outcome, "\(verdict.json.canonicalText)")
        #expect(verdict.findings.last?.value != nil)
    }

    @Test("picks the best baseline by the metric's own direction")
    func best() throws {
        let evidence = Evidence(
            candidate: try result("candidate", hits: 120, loss: 1),
            baselines: [
                try result("a", hits: 90, loss: 3), try result("b", hits: 60, loss: 2),
                try result("c", hits: 60, loss: 2),
            ]
        )
        let verdict = try policy(
            #"""
            {"metric":"exact_match","at_least":{"baseline":"best"}},
            {"metric":"loss","at_most":{"baseline":"best"}}
            """#
        ).verdict(on: evidence)
        #expect(verdict.findings.suffix(2).map(\.baseline?.name) == ["a", "b"])
        #expect(verdict.findings.suffix(2).map(\.difference?.value) == [0.15, -1])
        #expect(verdict.outcome == .passed)
    }

    @Test("has no data without an evaluation")
    func noCandidate() throws {
        let verdict = try policy(#"{"metric":"loss","at_most":2}"#)
            .verdict(on: Evidence(candidate: nil, baselines: []))
        #expect(verdict.outcome == .noData)
        #expect(verdict.findings.allSatisfy { $0.outcome == .noData && $0.value == nil })
    }

    @Test("has no data when the metric is NaN or absent")
    func noMetric() throws {
        let gate = try policy(#"{"metric":"loss","at_most":2}"#)
        for loss in [Double.nan, .infinity, nil] {
            let candidate = try result("candidate", hits: 1, loss: loss)
            let verdict = gate.verdict(on: Evidence(candidate: candidate, baselines: []))
            #expect(verdict.outcome == .noData)
            #expect(!verdict.json.canonicalText.contains("nan"))
        }
    }

    struct Gap: CustomTestStringConvertible {
        let what: String
        let more: String
        let baselines: [EvaluationResult]
        let reason: String
        var testDescription: String { what }
    }

    @Test("has no data, and says why, when evidence is missing or of something else")
    func gaps() throws {
        let rule = #"{"metric":"exact_match","at_least":{"baseline":"best"}}"#
        let candidate = try result("candidate", hits: 120)
        let pin = Digest.of("other").description
        let gaps = [
            Gap(
                what: "no baseline",
                more: "",
                baselines: [],
                reason: "there is no evaluation of a baseline"
            ),
            Gap(
                what: "a required baseline missing",
                more: #","require":{"baselines":["base"]}"#,
                baselines: [try result("majority", hits: 1)],
                reason: "there is no evaluation of it"
            ),
            Gap(
                what: "too few examples",
                more: #","require":{"examples":201}"#,
                baselines: [try result("base", hits: 1)],
                reason: "there are 200"
            ),
            Gap(
                what: "another split file",
                more: "",
                baselines: [try result("base", hits: 1, digest: "other")],
                reason: "baseline 'base': it was evaluated on another split, \(pin)"
            ),
            Gap(
                what: "other examples",
                more: "",
                baselines: [try result("base", hits: 1, ids: "x")],
                reason: "baseline 'base': it was evaluated on other examples"
            ),
            Gap(
                what: "a pinned split",
                more: ",\"split_digest\":\"\(pin)\"",
                baselines: [try result("base", hits: 1)],
                reason: "it is on \(Digest.of("split"))"
            ),
            Gap(
                what: "a split of another name",
                more: #","split":"validation""#,
                baselines: [try result("base", hits: 1)],
                reason: "it is on the test split"
            ),
        ]
        for gap in gaps {
            let verdict = try policy(rule, gap.more)
                .verdict(on: Evidence(candidate: candidate, baselines: gap.baselines))
            #expect(verdict.outcome == .noData, "\(gap.what)")
            #expect(verdict.findings.contains { $0.reason == gap.reason }, "\(gap.what)")
        }
        let named = try policy(#"{"metric":"loss","at_most":{"baseline":"base"}}"#)
            .verdict(on: Evidence(candidate: candidate, baselines: []))
        #expect(named.findings.last?.reason == "there is no evaluation of 'base'")
    }

    @Test("passes at exactly the required number of examples")
    func exampleCount() throws {
        let gate = try policy(#"{"metric":"loss","at_most":2}"#, #","require":{"examples":200}"#)
        let verdict = gate.verdict(
            on: Evidence(candidate: try result("candidate", hits: 1), baselines: [])
        )
        #expect(verdict.outcome == .passed)
    }

    @Test("fails when one rule fails, whatever lacks data beside it")
    func mixed() throws {
        let candidate = try result("candidate", hits: 120, loss: nil)
        let verdict = try policy(
            #"{"metric":"loss","at_most":2},{"metric":"exact_match","at_least":0.9}"#
        ).verdict(on: Evidence(candidate: candidate, baselines: []))
        #expect(verdict.findings.suffix(2).map(\.outcome) == [.noData, .failed])
        #expect(verdict.outcome == .failed)
    }

    @Test("carries the inputs and says the numbers in a sentence")
    func sentence() throws {
        let inputs = ["gate": Digest.of("g")]
        let verdict = try policy(
            #"{"metric":"exact_match","at_least":{"baseline":"best","plus":0.15}}"#
        )
        .verdict(
            on: Evidence(
                candidate: try result("candidate", hits: 120),
                baselines: [try result("base", hits: 90)],
                inputs: inputs
            )
        )
        #expect(verdict.inputs == inputs)
        let reason = try #require(verdict.findings.last?.reason)
        #expect(
            reason.hasPrefix(
                "exact_match is 0.6, 'base' has 0.45: a difference of 0.15, 95 % interval 0."
            )
        )
        #expect(reason.hasSuffix("; 0.15 must be at least 0.15"))
        let again = try Verdict(json: JSONValue(parsing: verdict.json.canonicalText))
        #expect(again == verdict)
    }
}
