// SPDX-License-Identifier: Apache-2.0

import IngotDeploy
import IngotFiles
import Testing

@testable import IngotPipeline

/// The examples beside `schemas/`, decoded by the parsers that users' files go through.
@Suite("Schema examples")
struct SchemaExampleTests {
    private static let examples =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        + "/schemas/examples"

    private static func files(_ folder: String) throws -> [String] {
        try Files.names(in: "\(examples)/\(folder)").map { "\(examples)/\(folder)/\($0)" }
    }

    @Test("every valid recipe is read, every invalid one refused with its file's name")
    func recipes() throws {
        for path in try Self.files("recipe/valid") { _ = try Recipe(path: path) }
        for path in try Self.files("recipe/invalid") {
            #expect {
                try Recipe(path: path)
            } throws: {
                "\($0)".contains(path)
            }
        }
    }

    @Test("every valid file of environments is read, every invalid one refused")
    func environments() throws {
        for path in try Self.files("environments/valid") { _ = try EnvironmentFile(path: path) }
        for path in try Self.files("environments/invalid") {
            #expect {
                try EnvironmentFile(path: path)
            } throws: {
                "\($0)".contains(path)
            }
        }
    }
}
