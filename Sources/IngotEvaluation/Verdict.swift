// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What a gate says about a version.
package struct Verdict: Sendable, Equatable {
    package enum Outcome: String, CaseIterable, Sendable {
        case passed
        case failed
        /// The evidence does not decide the rule: blocks like a failure.
        case noData
    }

    /// One rule, or one requirement on the evidence, with the numbers that decided it.
    package struct Finding: Sendable, Equatable {
        /// In words.
        package let rule: String
        package let outcome: Outcome
        /// What was compared: an end of the metric's interval, or of the difference's.
        ///
        /// Nil when there was nothing to compare.
        package let value: Double?
        package let threshold: Double?
        package let comparison: GateRule.Comparison?
        /// The candidate's metric; nil in requirements.
        package let candidate: Interval?
        /// Set when the rule compares with a baseline.
        package let baseline: BaselineValue?
        /// The difference to the baseline, paired by example.
        package let difference: Interval?
        /// A sentence.
        package let reason: String
    }

    package struct BaselineValue: Sendable, Equatable {
        package let name: String
        package let value: Double
    }

    package let outcome: Outcome
    /// Requirements first, then the rules in the gate file's order.
    package let findings: [Finding]
    /// What the verdict was reached from, by name.
    package let inputs: [String: Digest]

    /// Failed when anything failed, else without data when anything lacked it.
    init(findings: [Finding], inputs: [String: Digest]) {
        let outcomes = findings.map(\.outcome)
        outcome =
            outcomes.contains(.failed)
            ? .failed : outcomes.contains(.noData) || outcomes.isEmpty ? .noData : .passed
        self.findings = findings
        self.inputs = inputs
    }
}
