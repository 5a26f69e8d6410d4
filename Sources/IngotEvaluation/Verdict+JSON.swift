// SPDX-License-Identifier: Apache-2.0

package import IngotCore

extension Verdict {
    package var json: JSONValue {
        [
            "outcome": .string(outcome.rawValue),
            "findings": .array(findings.map(\.json)),
            "inputs": .object(inputs.mapValues { .string($0.description) }),
        ]
    }

    /// - Throws: `FieldError` or `EvaluationError`; also when the outcome does not follow from the
    ///   findings.
    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        let outcome = try Self.outcome(&reader)
        let elements = try reader.require(reader.array("findings"), "findings")
        guard let members = try reader.required("inputs").object else {
            throw EvaluationError("inputs: expected names and digests")
        }
        try reader.finish()
        self.init(
            findings: try elements.enumerated().map { index, element in
                try Finding(FieldReader(element, path: "findings[\(index)]"))
            },
            inputs: try members.mapValues { try Digest(parsing: $0.string ?? "") }
        )
        guard self.outcome == outcome else {
            throw EvaluationError(
                "outcome: '\(outcome.rawValue)' does not follow from the findings, which say "
                    + "'\(self.outcome.rawValue)'"
            )
        }
    }

    fileprivate static func outcome(_ reader: inout FieldReader) throws -> Outcome {
        let word = try reader.require(reader.string("outcome"), "outcome")
        guard let outcome = Outcome(rawValue: word) else {
            throw EvaluationError("\(reader.place("outcome")): '\(word)' is not an outcome")
        }
        return outcome
    }
}

extension Verdict.Finding {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "rule": .string(rule), "outcome": .string(outcome.rawValue),
            "reason": .string(reason),
        ]
        if let value { members["value"] = .number(value) }
        if let threshold { members["threshold"] = .number(threshold) }
        if let comparison { members["comparison"] = .string(comparison.rawValue) }
        if let candidate { members["candidate"] = candidate.json }
        if let difference { members["difference"] = difference.json }
        if let baseline {
            members["baseline"] = [
                "name": .string(baseline.name), "value": .number(baseline.value),
            ]
        }
        return .object(members)
    }

    fileprivate init(_ fields: FieldReader) throws {
        var reader = fields
        rule = try reader.require(reader.string("rule"), "rule")
        outcome = try Verdict.outcome(&reader)
        reason = try reader.require(reader.string("reason"), "reason")
        value = try reader.number("value")
        threshold = try reader.number("threshold")
        comparison = try reader.string("comparison").map { word in
            guard let comparison = GateRule.Comparison(rawValue: word) else {
                throw EvaluationError("\(fields.place("comparison")): '\(word)' is none")
            }
            return comparison
        }
        candidate = try reader.object("candidate").map { try Interval($0) }
        difference = try reader.object("difference").map { try Interval($0) }
        baseline = try reader.object("baseline").map { inner in
            var inner = inner
            let name = try inner.require(inner.string("name"), "name")
            let value = try inner.require(inner.number("value"), "value")
            try inner.finish()
            return Verdict.BaselineValue(name: name, value: value)
        }
        try reader.finish()
    }
}
