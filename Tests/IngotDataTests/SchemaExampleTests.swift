// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotData

/// The examples beside the schemas, read by the real parsers.
@Suite("Schema examples")
struct SchemaExampleTests {
    struct Format: CustomTestStringConvertible {
        let name: String
        let parse: @Sendable (JSONValue) throws -> JSONValue
        var testDescription: String { name }
    }

    @Test(
        "are accepted and refused as their folder says",
        arguments: [
            Format(name: "prepared-example") { try Example(json: $0).json },
            Format(name: "prepare-report") { try PrepareReport(json: $0).json },
            Format(name: "labels") { try LabelSet(json: $0).json },
        ]
    )
    func examples(format: Format) throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/schemas/examples/\(format.name)"
        for name in try Files.names(in: "\(folder)/valid") {
            let json = try JSONValue(parsing: Files.read("\(folder)/valid/\(name)"))
            #expect(try format.parse(json) == json, "\(name)")
        }
        for name in try Files.names(in: "\(folder)/invalid") {
            let json = try JSONValue(parsing: Files.read("\(folder)/invalid/\(name)"))
            #expect(throws: (any Error).self, "\(name)") { try format.parse(json) }
        }
    }
}
