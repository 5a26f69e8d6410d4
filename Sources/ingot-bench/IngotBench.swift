// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What `ops/bench` measures and `ops/interop` compares with: the engines without a store.
@main
struct IngotBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingot-bench",
        abstract: "Run Ingot's engines by themselves, to be compared with their peers.",
        subcommands: [
            Tokens.self, Templates.self, Logits.self, Losses.self, TrainSpeed.self,
            TrainExamples.self, Weights.self, RemoteCheck.self,
        ]
    )
}
