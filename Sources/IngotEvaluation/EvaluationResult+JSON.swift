// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotData

extension EvaluationResult {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "subject": subject.json,
            "split": [
                "dataset": .string(split.dataset.description),
                "name": .string(split.split.rawValue),
                "digest": .string(split.digest.description),
            ],
            "examples": .integer(Int64(scores.count)),
            "outputs": .string(Digest.of(outputs).description),
            "bootstrap": bootstrap.json,
            "metrics": .object(
                Dictionary(
                    uniqueKeysWithValues: metrics.map { ($0.metric.rawValue, $0.interval.json) }
                )
            ),
        ]
        if !labels.isEmpty { members["labels"] = .array(labels.map { .string($0) }) }
        return .object(members)
    }

    /// Reads an evaluation and its outputs; the metrics are computed again from the outputs.
    ///
    /// - Throws: `EvaluationError` or `FieldError`: a wrong field, outputs with another digest, or
    ///   metrics that do not follow from them.
    package init(json: JSONValue, outputs: [UInt8]) throws {
        let header = try EvaluationHeader(json: json)
        guard Digest.of(outputs) == header.outputs else {
            throw EvaluationError(
                "evaluation of \(header.subject.name): the outputs have the digest "
                    + "\(Digest.of(outputs)), not \(header.outputs)"
            )
        }
        var scores: [ExampleScore] = []
        try RecordReader(file: "outputs", bytes: outputs).forEach(format: .jsonl) { record in
            do {
                scores.append(try ExampleScore(json: record.json ?? .null))
            } catch let error as any IngotError {
                throw EvaluationError("outputs line \(record.location.line): \(error.message)")
            }
        }
        try self.init(
            subject: header.subject,
            split: header.split,
            labels: header.labels,
            scores: scores,
            bootstrap: header.bootstrap
        )
        guard scores.count == header.exampleCount, Self.agree(metrics, header.metrics) else {
            throw EvaluationError(
                "evaluation of \(subject.name): the metrics do not follow from the outputs"
            )
        }
    }

    /// Up to what another machine's `exp` may differ by.
    private static func agree(
        _ left: [(metric: Metric, interval: Interval)],
        _ right: [(metric: Metric, interval: Interval)]
    ) -> Bool {
        let isNear: (Double, Double) -> Bool = { a, b in
            a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-9 * max(abs(a), abs(b))
        }
        return left.count == right.count
            && zip(left, right).allSatisfy { a, b in
                a.metric == b.metric && isNear(a.interval.value, b.interval.value)
                    && isNear(a.interval.lower, b.interval.lower)
                    && isNear(a.interval.upper, b.interval.upper)
            }
    }

    /// NaN and infinities have no JSON: null.
    static func json(of value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }

    static func double(of value: JSONValue, _ name: String) throws -> Double {
        if value == .null { return .nan }
        guard let number = value.double else {
            throw EvaluationError("\(name): expected a number or null")
        }
        return number
    }
}

/// An evaluation without its outputs: enough to show and to compare.
package struct EvaluationHeader: Sendable {
    package let subject: EvaluationSubject
    package let split: EvaluationSplit
    package let labels: [String]
    package let exampleCount: Int
    /// SHA-256 of the per-example outputs.
    package let outputs: Digest
    package let bootstrap: Bootstrap
    package let metrics: [(metric: Metric, interval: Interval)]

    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        subject = try EvaluationSubject(reader.require(reader.object("subject"), "subject"))
        split = try EvaluationSplit(reader.require(reader.object("split"), "split"))
        labels = try reader.strings("labels") ?? []
        exampleCount = try reader.require(reader.integer("examples"), "examples")
        outputs = try Digest(parsing: reader.require(reader.string("outputs"), "outputs"))
        bootstrap = try Bootstrap(reader.require(reader.object("bootstrap"), "bootstrap"))
        var values = try reader.require(reader.object("metrics"), "metrics")
        metrics = try Metric.allCases.compactMap { metric in
            try values.object(metric.rawValue).map { (metric, try Interval($0)) }
        }
        try values.finish()
        try reader.finish()
    }
}

extension EvaluationSubject {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "method": .string(method.rawValue),
        ]
        if let digest { members["digest"] = .string(digest.description) }
        if let form { members["form"] = .string(form) }
        if let kernels { members["kernels"] = .string(kernels) }
        return .object(members)
    }

    fileprivate init(_ fields: FieldReader) throws {
        var reader = fields
        name = try reader.require(reader.string("name"), "name")
        let word = try reader.require(reader.string("method"), "method")
        guard let method = Method(rawValue: word) else {
            throw EvaluationError("subject.method: '\(word)' is not a method")
        }
        self.method = method
        digest = try reader.string("digest").map(Digest.init(parsing:))
        form = try reader.string("form")
        kernels = try reader.string("kernels")
        try reader.finish()
    }
}

extension EvaluationSplit {
    fileprivate init(_ fields: FieldReader) throws {
        var reader = fields
        dataset = try Digest(parsing: reader.require(reader.string("dataset"), "dataset"))
        let name = try reader.require(reader.string("name"), "name")
        guard let split = Split(rawValue: name) else {
            throw EvaluationError("split.name: '\(name)' is not a split")
        }
        self.split = split
        digest = try Digest(parsing: reader.require(reader.string("digest"), "digest"))
        try reader.finish()
    }
}

extension Interval {
    package var json: JSONValue {
        [
            "value": EvaluationResult.json(of: value), "lower": EvaluationResult.json(of: lower),
            "upper": EvaluationResult.json(of: upper),
        ]
    }

    /// A null, like an absent number, is NaN.
    init(_ fields: FieldReader) throws {
        var reader = fields
        value = try reader.number("value") ?? .nan
        lower = try reader.number("lower") ?? .nan
        upper = try reader.number("upper") ?? .nan
        try reader.finish()
    }
}

extension Bootstrap {
    var json: JSONValue {
        [
            "resamples": .integer(Int64(resamples)), "confidence": .number(confidence),
            "seed": .string(String(seed)),
        ]
    }

    fileprivate init(_ fields: FieldReader) throws {
        var reader = fields
        let resamples = try reader.require(reader.integer("resamples"), "resamples")
        let confidence = try reader.require(reader.number("confidence"), "confidence")
        guard let seed = UInt64(try reader.require(reader.string("seed"), "seed")) else {
            throw EvaluationError("bootstrap.seed: expected a decimal number in quotes")
        }
        guard Self.resampleRange.contains(resamples), Self.isConfidence(confidence) else {
            throw EvaluationError("bootstrap: resamples or confidence out of range")
        }
        try reader.finish()
        self.init(resamples: resamples, confidence: confidence, seed: seed)
    }

    /// Bounds of what a file may ask for.
    static let resampleRange = 100...1_000_000

    static func isConfidence(_ value: Double) -> Bool { value >= 0.5 && value < 1 }
}
