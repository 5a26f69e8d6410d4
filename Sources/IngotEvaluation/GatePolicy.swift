// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotData

/// The rules that a version must pass: a gate file, `schemas/gate.schema.json`.
///
/// ```yaml
/// name: sections
/// split: test               # the split that counts; default test
/// split_digest: sha256:…    # optional: only this very split
/// confidence: 0.95          # of intervals; default 0.95
/// resamples: 10000
/// seed: 0
/// require: {examples: 200, baselines: [majority, base]}
/// rules:
///   - metric: exact_match   # or accuracy, macro_f1, loss, perplexity
///     bound: lower          # lower or upper end of the interval, or value, the default
///     at_least: {baseline: best, plus: 0.15}    # or the name of a baseline, or a number
///   - metric: loss
///     at_most: 2.0
/// ```
package struct GatePolicy: Sendable {
    package let name: String?
    package let split: Split
    /// Nil accepts any split of that name.
    package let splitDigest: Digest?
    package let bootstrap: Bootstrap
    package let minimumExampleCount: Int
    package let requiredBaselines: [String]
    package let rules: [GateRule]

    /// - Throws: `FieldError` or `EvaluationError` with the key's path and, for an unknown key, the
    ///   nearest known one.
    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        name = try reader.string("name")
        let splitName = try reader.string("split") ?? Split.test.rawValue
        guard let split = Split(rawValue: splitName), split != .train else {
            throw EvaluationError("split: '\(splitName)' is neither test nor validation")
        }
        self.split = split
        splitDigest = try reader.string("split_digest").map(Digest.init(parsing:))
        bootstrap = try Self.bootstrap(&reader)
        var needs = try reader.object("require") ?? FieldReader([:], path: "require")
        minimumExampleCount = try needs.integer("examples") ?? 1
        requiredBaselines = try needs.strings("baselines") ?? []
        try needs.finish()
        guard minimumExampleCount >= 1 else {
            throw EvaluationError("require.examples: expected at least 1")
        }
        let elements = try reader.require(reader.array("rules"), "rules")
        try reader.finish()
        rules = try elements.enumerated().map { index, element in
            try GateRule(FieldReader(element, path: "rules[\(index)]"))
        }
        guard !rules.isEmpty else {
            throw EvaluationError("rules: a gate without rules would pass everything: add one")
        }
    }

    private static func bootstrap(_ reader: inout FieldReader) throws -> Bootstrap {
        let confidence = try reader.number("confidence") ?? 0.95
        guard Bootstrap.isConfidence(confidence) else {
            throw EvaluationError("confidence: expected 0.5 or more and less than 1, such as 0.95")
        }
        let resamples = try reader.integer("resamples") ?? Bootstrap.defaultResamples
        guard Bootstrap.resampleRange.contains(resamples) else {
            throw EvaluationError("resamples: expected 100 to 1000000, such as 10000")
        }
        let seed = UInt64(bitPattern: Int64(try reader.integer("seed") ?? 0))
        return Bootstrap(resamples: resamples, confidence: confidence, seed: seed)
    }
}

/// One rule: a metric, which end of its interval, and what it is compared with.
package struct GateRule: Sendable, Equatable {
    package enum Bound: String, CaseIterable, Sendable {
        case lower, value, upper
    }

    package enum Comparison: String, Sendable {
        case atLeast = "at_least"
        case atMost = "at_most"

        func holds(_ value: Double, _ threshold: Double) -> Bool {
            self == .atLeast ? value >= threshold : value <= threshold
        }
    }

    package enum Target: Sendable, Equatable {
        case number(Double)
        /// The difference to this baseline is compared with `plus`, paired by example.
        case baseline(name: String, plus: Double)
        /// The baseline whose metric is best.
        case bestBaseline(plus: Double)
    }

    package let metric: Metric
    package let bound: Bound
    package let comparison: Comparison
    package let target: Target

    init(_ fields: FieldReader) throws {
        var reader = fields
        metric = try Self.word("metric", Metric.allCases, &reader, orElse: nil)
        bound = try Self.word("bound", Bound.allCases, &reader, orElse: .value)
        let least = reader.value(Comparison.atLeast.rawValue)
        let most = reader.value(Comparison.atMost.rawValue)
        try reader.finish()
        switch (least, most) {
        case (let value?, nil):
            comparison = .atLeast
            target = try Self.target(value, path: reader.place(Comparison.atLeast.rawValue))
        case (nil, let value?):
            comparison = .atMost
            target = try Self.target(value, path: reader.place(Comparison.atMost.rawValue))
        default:
            throw EvaluationError("\(reader.path): give one of at_least and at_most")
        }
    }

    private static func word<Word: RawRepresentable<String>>(
        _ name: String,
        _ known: [Word],
        _ reader: inout FieldReader,
        orElse fallback: Word?
    ) throws -> Word {
        guard let text = try reader.string(name) else {
            return try reader.require(fallback, name)
        }
        guard let word = Word(rawValue: text) else {
            let words = known.map(\.rawValue)
            let hint =
                Spelling.nearest(to: text, among: words).map { "did you mean '\($0)'?" }
                ?? "known are \(words.joined(separator: ", "))"
            throw EvaluationError("\(reader.place(name)): '\(text)' is not known: \(hint)")
        }
        return word
    }

    private static func target(_ value: JSONValue, path: String) throws -> Target {
        if let number = value.double { return .number(number) }
        guard value.object != nil else {
            throw EvaluationError(
                "\(path): expected a number, or a baseline such as {baseline: best}"
            )
        }
        var reader = try FieldReader(value, path: path)
        let name = try reader.require(reader.string("baseline"), "baseline")
        let plus = try reader.number("plus") ?? 0
        try reader.finish()
        return name == "best" ? .bestBaseline(plus: plus) : .baseline(name: name, plus: plus)
    }

    /// The rule in words: `exact_match (lower 95 % bound) at least the best baseline + 0.15`.
    package func text(confidence: Double) -> String {
        let percent = Decimal.text(confidence * 100, places: 2)
        let end = bound == .value ? "" : " (\(bound.rawValue) \(percent) % bound)"
        let sense = comparison == .atLeast ? "at least" : "at most"
        return "\(metric.rawValue)\(end) \(sense) \(targetText)"
    }

    private var targetText: String {
        switch target {
        case .number(let number): Decimal.text(number, places: 6)
        case .baseline(let name, let plus): "the baseline '\(name)'\(Self.signed(plus))"
        case .bestBaseline(let plus): "the best baseline\(Self.signed(plus))"
        }
    }

    private static func signed(_ plus: Double) -> String {
        if plus == 0 { return "" }
        return (plus < 0 ? " - " : " + ") + Decimal.text(abs(plus), places: 6)
    }
}
