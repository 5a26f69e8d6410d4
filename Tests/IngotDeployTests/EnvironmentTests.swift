// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotDeploy

@Suite("Environment")
struct EnvironmentTests {
    private static let gate = Digest(bytes: [UInt8](repeating: 7, count: 32))

    @Test("survives its own JSON")
    func roundTrip() throws {
        let environment = Environment(
            name: try Tag(parsing: "production"),
            repository: try RepositoryName(parsing: "bot"),
            gate: Self.gate
        )
        #expect(try Environment(json: environment.json) == environment)
    }

    @Test(
        "refuses what is no environment",
        arguments: [
            #"{"name":"v3","repository":"bot","gate":"sha256:00"}"#,
            #"{"name":"production","repository":"Bot","gate":"x"}"#,
            #"{"name":"production","repository":"bot"}"#,
        ]
    )
    func refusal(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: (any Error).self) { try Environment(json: json) }
    }

    @Test("a file names the place of its fault and the gate file it lacks")
    func files() throws {
        let folder = "/tmp/ingot-environments-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectories(folder)
        defer { try? Files.remove(folder) }
        let path = "\(folder)/environments.yaml"
        try Files.replace(
            path,
            with: "environments: {production: {repository: bot, gtae: g.yaml}}".utf8
        )
        #expect {
            try EnvironmentFile(path: path)
        } throws: {
            "\($0)".contains("environments.production.gate is missing")
        }
        try Files.replace(
            path,
            with: "environments: {production: {repository: bot, gate: g.yaml}}".utf8
        )
        #expect {
            try EnvironmentFile(path: path)
        } throws: {
            "\($0)".contains("g.yaml")
        }
        try Files.replace(
            "\(folder)/g.yaml",
            with: "rules: [{metric: loss, at_most: 2}]".utf8
        )
        #expect(try EnvironmentFile(path: path).items.map(\.name) == ["production"])
    }
}
