// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotCatalog

/// The examples beside the schemas, read by the real parser.
@Suite("Schema examples of log entries")
struct SchemaExampleTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        + "/schemas/examples/log-entry"

    /// As the log has it: an example is laid out for people.
    private func canonical(_ path: String) throws -> [UInt8] {
        try JSONValue(parsing: Files.read(path)).canonicalBytes
    }

    @Test("are read and written as they are, or refused, as their folder says")
    func examples() throws {
        let valid = try Files.names(in: "\(Self.folder)/valid")
        #expect(!valid.isEmpty)
        for name in valid {
            let bytes = try canonical("\(Self.folder)/valid/\(name)")
            #expect(try LogEntry(parsing: bytes).canonicalBytes == bytes, "\(name)")
        }
        let invalid = try Files.names(in: "\(Self.folder)/invalid")
        #expect(!invalid.isEmpty)
        for name in invalid {
            let bytes = try canonical("\(Self.folder)/invalid/\(name)")
            #expect(throws: CatalogError.self, "\(name)") { try LogEntry(parsing: bytes) }
        }
    }
}
