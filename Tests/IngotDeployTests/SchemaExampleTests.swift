// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotDeploy

/// The examples beside the schemas, read by the real parser.
@Suite("Schema examples of environments")
struct SchemaExampleTests {
    @Test("are accepted and refused as their folder says")
    func examples() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/schemas/examples/environment"
        for name in try Files.names(in: "\(folder)/valid") {
            let json = try JSONValue(parsing: Files.read("\(folder)/valid/\(name)"))
            #expect(try Environment(json: json).json == json, "\(name)")
        }
        let invalid = try Files.names(in: "\(folder)/invalid")
        #expect(!invalid.isEmpty)
        for name in invalid {
            let json = try JSONValue(parsing: Files.read("\(folder)/invalid/\(name)"))
            #expect(throws: (any Error).self, "\(name)") { try Environment(json: json) }
        }
    }
}
