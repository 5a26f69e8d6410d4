// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotEvaluation

/// The examples beside the schemas, read by the real parsers.
@Suite("Schema examples")
struct SchemaExampleTests {
    struct Format: CustomTestStringConvertible {
        let name: String
        let parse: @Sendable (JSONValue) throws -> Void
        var testDescription: String { name }
    }

    @Test(
        "are accepted and refused as their folder says",
        arguments: [
            Format(name: "gate") { _ = try GatePolicy(json: $0) },
            Format(name: "evaluation") { _ = try EvaluationHeader(json: $0) },
            Format(name: "verdict") { _ = try Verdict(json: $0) },
            Format(name: "example-score") { _ = try ExampleScore(json: $0) },
        ]
    )
    func examples(format: Format) throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/schemas/examples/\(format.name)"
        let valid = try Files.names(in: "\(folder)/valid")
        #expect(!valid.isEmpty)
        for name in valid {
            try format.parse(JSONValue(parsing: Files.read("\(folder)/valid/\(name)")))
        }
        let invalid = try Files.names(in: "\(folder)/invalid")
        #expect(!invalid.isEmpty)
        for name in invalid {
            let json = try JSONValue(parsing: Files.read("\(folder)/invalid/\(name)"))
            #expect(throws: (any Error).self, "\(name)") { try format.parse(json) }
        }
    }
}
