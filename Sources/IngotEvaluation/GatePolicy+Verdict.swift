// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotData

/// What a gate decides from.
package struct Evidence: Sendable {
    /// Nil when the version was never evaluated.
    package let candidate: EvaluationResult?
    /// Rules name them by `subject.name`.
    package let baselines: [EvaluationResult]
    /// Digests of the gate file, of the evaluations and whatever else led here, by name; copied
    /// into the verdict.
    package let inputs: [String: Digest]

    package init(
        candidate: EvaluationResult?,
        baselines: [EvaluationResult],
        inputs: [String: Digest] = [:]
    ) {
        self.candidate = candidate
        self.baselines = baselines
        self.inputs = inputs
    }
}

extension GatePolicy {
    /// The verdict on some evidence: pure, so that anybody who has both gets the same.
    package func verdict(on evidence: Evidence) -> Verdict {
        let requirements = requirements(on: evidence)
        let rules = rules.map { finding($0, evidence) }
        return Verdict(findings: requirements + rules, inputs: evidence.inputs)
    }

    // MARK: Requirements

    private func requirements(on evidence: Evidence) -> [Verdict.Finding] {
        guard let candidate = evidence.candidate else {
            return [Self.requirement("an evaluation of the candidate", false, "there is none")]
        }
        let count = candidate.scores.count
        var findings = [
            Self.requirement(
                "an evaluation on the \(split.rawValue) split",
                candidate.split.split == split,
                "it is on the \(candidate.split.split.rawValue) split"
            )
        ]
        if let splitDigest {
            findings.append(
                Self.requirement(
                    "the split \(splitDigest)",
                    candidate.split.digest == splitDigest,
                    "it is on \(candidate.split.digest)"
                )
            )
        }
        findings.append(
            Self.requirement(
                "at least \(minimumExampleCount) examples",
                count >= minimumExampleCount,
                "there are \(count)"
            )
        )
        for name in requiredBaselines {
            let result = evidence.baselines.first { $0.subject.name == name }
            let fault =
                result.map { Self.mismatch(candidate, $0) }
                ?? "there is no evaluation of it"
            findings.append(
                Self.requirement("the baseline '\(name)'", fault == nil, fault ?? "")
            )
        }
        return findings
    }

    private static func requirement(
        _ what: String,
        _ isMet: Bool,
        _ fault: String
    ) -> Verdict.Finding {
        Verdict.Finding(
            rule: "requires \(what)",
            outcome: isMet ? .passed : .noData,
            value: nil,
            threshold: nil,
            comparison: nil,
            candidate: nil,
            baseline: nil,
            difference: nil,
            reason: isMet ? "it is there" : fault
        )
    }

    /// Why two evaluations cannot be compared example by example.
    private static func mismatch(
        _ candidate: EvaluationResult,
        _ baseline: EvaluationResult
    ) -> String? {
        if candidate.split != baseline.split {
            return "it was evaluated on another split, \(baseline.split.digest)"
        }
        return candidate.scores.map(\.id) == baseline.scores.map(\.id)
            ? nil : "it was evaluated on other examples"
    }

    // MARK: Rules

    private func finding(_ rule: GateRule, _ evidence: Evidence) -> Verdict.Finding {
        let text = rule.text(confidence: bootstrap.confidence)
        guard let candidate = evidence.candidate else {
            return Self.undecided(text, "the candidate was not evaluated")
        }
        guard candidate.split.split == split,
            splitDigest == nil || candidate.split.digest == splitDigest
        else { return Self.undecided(text, "the candidate was evaluated on another split") }
        guard let measured = bootstrap.interval(rule.metric, candidate.scores) else {
            return Self.undecided(text, "the candidate has no \(rule.metric.rawValue)")
        }
        switch rule.target {
        case .number(let threshold):
            return decide(rule, text, candidate: measured, threshold: threshold)
        case .baseline(let name, let plus):
            guard let baseline = evidence.baselines.first(where: { $0.subject.name == name })
            else { return Self.undecided(text, "there is no evaluation of '\(name)'") }
            return compare(rule, text, candidate, measured, [baseline], plus: plus)
        case .bestBaseline(let plus):
            return compare(rule, text, candidate, measured, evidence.baselines, plus: plus)
        }
    }

    private func compare(
        _ rule: GateRule,
        _ text: String,
        _ candidate: EvaluationResult,
        _ measured: Interval,
        _ baselines: [EvaluationResult],
        plus: Double
    ) -> Verdict.Finding {
        var best: (result: EvaluationResult, value: Double)?
        for baseline in baselines {
            let name = baseline.subject.name
            if let fault = Self.mismatch(candidate, baseline) {
                return Self.undecided(text, "baseline '\(name)': \(fault)")
            }
            guard let value = MetricData(rule.metric, baseline.scores)?.value, !value.isNaN else {
                return Self.undecided(text, "baseline '\(name)' has no \(rule.metric.rawValue)")
            }
            guard let other = best else {
                best = (baseline, value)
                continue
            }
            let isBetter = rule.metric.prefersHigher ? value > other.value : value < other.value
            if isBetter { best = (baseline, value) }
        }
        guard let best,
            let difference = bootstrap.difference(
                rule.metric,
                candidate.scores,
                baseline: best.result.scores
            )
        else { return Self.undecided(text, "there is no evaluation of a baseline") }
        return decide(
            rule,
            text,
            candidate: measured,
            threshold: plus,
            against: (.init(name: best.result.subject.name, value: best.value), difference)
        )
    }

    private func decide(
        _ rule: GateRule,
        _ text: String,
        candidate: Interval,
        threshold: Double,
        against: (baseline: Verdict.BaselineValue, difference: Interval)? = nil
    ) -> Verdict.Finding {
        let interval = against?.difference ?? candidate
        let value =
            switch rule.bound {
            case .lower: interval.lower
            case .value: interval.value
            case .upper: interval.upper
            }
        let isNumber = value.isFinite && candidate.value.isFinite
        let outcome: Verdict.Outcome =
            isNumber ? (rule.comparison.holds(value, threshold) ? .passed : .failed) : .noData
        return Verdict.Finding(
            rule: text,
            outcome: outcome,
            value: isNumber ? value : nil,
            threshold: threshold,
            comparison: rule.comparison,
            candidate: candidate,
            baseline: against?.baseline,
            difference: against?.difference,
            reason: isNumber
                ? reason(rule, candidate, value, threshold, against)
                : "the \(rule.metric.rawValue) is not a finite number"
        )
    }

    private func reason(
        _ rule: GateRule,
        _ candidate: Interval,
        _ value: Double,
        _ threshold: Double,
        _ against: (baseline: Verdict.BaselineValue, difference: Interval)?
    ) -> String {
        let number = { (value: Double) in Decimal.text(value, places: 4) }
        let range = { (interval: Interval) in
            "\(number(interval.lower)) to \(number(interval.upper))"
        }
        let percent = Decimal.text(bootstrap.confidence * 100, places: 2)
        var sentence = "\(rule.metric.rawValue) is \(number(candidate.value))"
        if let (baseline, difference) = against {
            sentence += ", '\(baseline.name)' has \(number(baseline.value)): a difference of "
            sentence += "\(number(difference.value)), \(percent) % interval \(range(difference))"
        } else {
            sentence += ", \(percent) % interval \(range(candidate))"
        }
        let sense = rule.comparison == .atLeast ? "at least" : "at most"
        return sentence + "; \(number(value)) must be \(sense) \(number(threshold))"
    }

    private static func undecided(_ text: String, _ reason: String) -> Verdict.Finding {
        Verdict.Finding(
            rule: text,
            outcome: .noData,
            value: nil,
            threshold: nil,
            comparison: nil,
            candidate: nil,
            baseline: nil,
            difference: nil,
            reason: reason
        )
    }
}
