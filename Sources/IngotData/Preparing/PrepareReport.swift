// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What preparing did, in numbers: `report.json`, `schemas/prepare-report.schema.json`.
///
/// Every record of the inputs is either in a split or in `dropped.jsonl`.
package struct PrepareReport: Sendable, Equatable {
    package struct Input: Sendable, Equatable {
        package let file: String
        package let format: DataFormat
        package let byteCount: Int
        package let digest: Digest
        package let recordCount: Int
    }

    /// The rows that are left after a stage.
    package struct Stage: Sendable, Equatable {
        package let name: String
        package let rowCount: Int
    }

    package struct SplitSummary: Sendable, Equatable {
        package let split: Split
        package let exampleCount: Int
        package let groupCount: Int
        package let distinctAnswerCount: Int
        package let promptLengths: LengthSummary
        package let answerLengths: LengthSummary
    }

    /// Lengths in Unicode scalars.
    package struct LengthSummary: Sendable, Equatable {
        package let minimum: Int
        /// The lower one of two.
        package let median: Int
        package let maximum: Int

        /// Of at least one length.
        init(_ lengths: [Int]) {
            let sorted = lengths.sorted()
            minimum = sorted.first ?? 0
            median = sorted.isEmpty ? 0 : sorted[(sorted.count - 1) / 2]
            maximum = sorted.last ?? 0
        }
    }

    package let inputs: [Input]
    package let stages: [Stage]
    /// Reasons that occurred, in the order of `DropReason.allCases`.
    package let dropCounts: [(reason: DropReason, count: Int)]
    package let splits: [SplitSummary]
    package let leakageThreshold: Double
    package let seed: UInt64

    package static func == (left: PrepareReport, right: PrepareReport) -> Bool {
        left.json == right.json
    }
}

extension PrepareReport {
    package var json: JSONValue {
        [
            "inputs": .array(inputs.map(\.json)),
            "stages": .array(
                stages.map { ["name": .string($0.name), "rows": .integer(Int64($0.rowCount))] }
            ),
            "dropped": .object(
                Dictionary(
                    uniqueKeysWithValues: dropCounts.map {
                        ($0.reason.rawValue, .integer(Int64($0.count)))
                    }
                )
            ),
            "dropped_rows": .string(PreparedDataset.FileName.dropped),
            "splits": .object(
                Dictionary(uniqueKeysWithValues: splits.map { ($0.split.rawValue, $0.json) })
            ),
            "leakage_threshold": .number(leakageThreshold),
            "seed": .string(String(seed)),
            "unicode": "NFC",
        ]
    }

    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        inputs = try reader.require(reader.array("inputs"), "inputs").enumerated().map {
            try Input(json: $1, path: "inputs[\($0)]")
        }
        stages = try reader.require(reader.array("stages"), "stages").enumerated().map {
            var stage = try FieldReader($1, path: "stages[\($0)]")
            let name = try stage.require(stage.string("name"), "name")
            let count = try stage.require(stage.integer("rows"), "rows")
            try stage.finish()
            return Stage(name: name, rowCount: count)
        }
        var drops = try reader.require(reader.object("dropped"), "dropped")
        dropCounts = try DropReason.allCases.compactMap { reason in
            try drops.integer(reason.rawValue).map { (reason, $0) }
        }
        try drops.finish()
        guard try reader.string("dropped_rows") == PreparedDataset.FileName.dropped,
            try reader.string("unicode") == "NFC"
        else { throw DataError("dropped_rows or unicode: not what this version writes") }
        var parts = try reader.require(reader.object("splits"), "splits")
        splits = try Split.allCases.compactMap { split in
            try parts.object(split.rawValue).map { try SplitSummary(split, $0) }
        }
        try parts.finish()
        leakageThreshold = try reader.require(
            reader.number("leakage_threshold"),
            "leakage_threshold"
        )
        guard let seed = UInt64(try reader.require(reader.string("seed"), "seed")) else {
            throw DataError("seed: expected a decimal number in quotes")
        }
        self.seed = seed
        try reader.finish()
    }
}

extension PrepareReport.Input {
    fileprivate var json: JSONValue {
        [
            "file": .string(file), "format": .string(format.rawValue),
            "bytes": .integer(Int64(byteCount)), "digest": .string(digest.description),
            "records": .integer(Int64(recordCount)),
        ]
    }

    fileprivate init(json: JSONValue, path: String) throws {
        var reader = try FieldReader(json, path: path)
        file = try reader.require(reader.string("file"), "file")
        let name = try reader.require(reader.string("format"), "format")
        guard let format = DataFormat(rawValue: name) else {
            throw DataError("\(path).format: '\(name)' is not a format")
        }
        self.format = format
        byteCount = try reader.require(reader.integer("bytes"), "bytes")
        digest = try Digest(parsing: reader.require(reader.string("digest"), "digest"))
        recordCount = try reader.require(reader.integer("records"), "records")
        try reader.finish()
    }
}

extension PrepareReport.LengthSummary {
    fileprivate var json: JSONValue {
        [
            "min": .integer(Int64(minimum)), "median": .integer(Int64(median)),
            "max": .integer(Int64(maximum)),
        ]
    }

    fileprivate init(_ fields: FieldReader) throws {
        var reader = fields
        minimum = try reader.require(reader.integer("min"), "min")
        median = try reader.require(reader.integer("median"), "median")
        maximum = try reader.require(reader.integer("max"), "max")
        try reader.finish()
    }
}

extension PrepareReport.SplitSummary {
    fileprivate var json: JSONValue {
        [
            "examples": .integer(Int64(exampleCount)), "groups": .integer(Int64(groupCount)),
            "distinct_answers": .integer(Int64(distinctAnswerCount)),
            "prompt_characters": promptLengths.json, "answer_characters": answerLengths.json,
        ]
    }

    fileprivate init(_ split: Split, _ fields: FieldReader) throws {
        var reader = fields
        self.split = split
        exampleCount = try reader.require(reader.integer("examples"), "examples")
        groupCount = try reader.require(reader.integer("groups"), "groups")
        distinctAnswerCount = try reader.require(
            reader.integer("distinct_answers"),
            "distinct_answers"
        )
        promptLengths = try .init(
            reader.require(reader.object("prompt_characters"), "prompt_characters")
        )
        answerLengths = try .init(
            reader.require(reader.object("answer_characters"), "answer_characters")
        )
        try reader.finish()
    }
}
