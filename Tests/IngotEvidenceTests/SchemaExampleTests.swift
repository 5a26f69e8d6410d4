// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotEvidence

/// The examples beside the schemas, read by the real parsers.
@Suite("Schema examples of evidence")
struct SchemaExampleTests {
    struct Format: CustomTestStringConvertible {
        let folder: String
        let parse: @Sendable ([UInt8]) throws -> Void
        var testDescription: String { folder }
    }

    @Test(
        "are accepted and refused as their folder says",
        arguments: [
            Format(folder: "statements/examples") { bytes in
                let statement = try Statement(parsing: bytes)
                // A model signature states no facts: its files are compared with the version's.
                if PredicateKind(type: statement.predicateType) != .modelSignature {
                    _ = try statement.facts()
                }
            },
            Format(folder: "examples/bundle") { _ = try Bundle(parsing: $0).statement() },
            Format(folder: "examples/trust") { _ = try TrustFile(parsing: $0) },
        ]
    )
    func examples(format: Format) throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/schemas/\(format.folder)"
        let valid = try Files.names(in: "\(folder)/valid")
        #expect(!valid.isEmpty)
        for name in valid {
            #expect(throws: Never.self, "\(name)") {
                try format.parse(Files.read("\(folder)/valid/\(name)"))
            }
        }
        let invalid = try Files.names(in: "\(folder)/invalid")
        #expect(!invalid.isEmpty)
        for name in invalid {
            #expect(throws: EvidenceError.self, "\(name)") {
                try format.parse(Files.read("\(folder)/invalid/\(name)"))
            }
        }
    }
}
