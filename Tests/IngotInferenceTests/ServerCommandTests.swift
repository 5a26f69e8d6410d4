// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotInference

@Suite struct ServerCommandTests {
    private func command(
        _ arguments: [String],
        _ environment: [String: String] = [:]
    ) throws -> ServerCommand {
        try ServerCommand(arguments: arguments, environment: environment, processorCount: 2)
    }

    @Test("without arguments it serves what the environment names")
    func environment() throws {
        let expected = ServerOptions(
            modelPath: "/models/base/model.gguf",
            adapterPath: "/models/adapter",
            name: "intents",
            host: "0.0.0.0",
            port: 8080,
            threads: 2
        )
        let environment = [
            "INGOT_MODEL": "/models/base/model.gguf", "INGOT_ADAPTER": "/models/adapter",
            "INGOT_NAME": "intents",
        ]
        #expect(try command([], environment) == .serve(expected))
        #expect(try command(["serve"], environment) == .serve(expected))
    }

    @Test("flags win over the environment")
    func flags() throws {
        let options = try command(
            ["--model", "a/b.gguf", "--port", "9", "--threads", "1", "--host", "::1"],
            ["INGOT_MODEL": "other", "INGOT_PORT": "10"]
        )
        #expect(
            options
                == .serve(
                    ServerOptions(
                        modelPath: "a/b.gguf",
                        adapterPath: nil,
                        name: "b",
                        host: "::1",
                        port: 9,
                        threads: 1
                    )
                )
        )
    }

    @Test("health asks the port that the server uses")
    func health() throws {
        #expect(try command(["health"], ["INGOT_PORT": "9"]) == .health(port: 9))
        #expect(try command(["health", "--port", "10"]) == .health(port: 10))
        #expect(try command(["--help"]) == .help)
        #expect(try command(["serve", "--version"]) == .version)
    }

    @Test(
        "wrong usage is named",
        arguments: [
            [], ["--modl", "x"], ["--model"], ["--model", "x", "--port", "65536"],
            ["--model", "x", "--port", "a"], ["--model", "x", "--threads", "0"], ["stop"],
            ["health", "--model", "x"],
        ]
    )
    func wrongUsage(arguments: [String]) {
        let error = #expect(throws: InferenceError.self) { try command(arguments) }
        #expect(error?.code == .usage)
    }
}
