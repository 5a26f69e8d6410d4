// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotAudit

@Suite("Schema example of an audit")
struct AuditSchemaTests {
    @Test("has exactly the members that an audit writes")
    func shape() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let example = try JSONValue(
            parsing: Files.read("/\(root)/schemas/examples/audit/valid/production.json")
        )
        let life = try Life()
        try life.whole()
        let written = try life.audit.report(on: "production").json
        #expect(shape(of: example, at: "") == shape(of: written, at: ""))
    }

    /// Every path with the type of what is there; the elements of a list share one path.
    private func shape(of value: JSONValue, at path: String) -> Set<String> {
        switch value {
        case .object(let members):
            members.reduce(into: ["\(path): object"]) {
                $0.formUnion(shape(of: $1.value, at: "\(path).\($1.key)"))
            }
        case .array(let elements):
            elements.reduce(into: ["\(path): list"]) {
                $0.formUnion(shape(of: $1, at: "\(path)[]"))
            }
        case .string: ["\(path): text"]
        case .integer, .number: ["\(path): number"]
        case .bool: ["\(path): truth"]
        case .null: ["\(path): null"]
        }
    }
}
