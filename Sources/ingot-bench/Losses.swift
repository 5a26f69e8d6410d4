// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotFiles
import IngotModel
import IngotTensor
import IngotTrainer

struct Losses: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train on made examples and write all that a peer needs to do the same.",
        discussion: "Writes initial/, final/ and run.json into the directory."
    )

    @Option(help: "A GGUF file or a Hugging Face directory.")
    var model: String

    @Option(help: "Optimizer steps.")
    var steps = 20

    @Option(help: "Train over a base that is quantised in memory: nf4 or int8.")
    var quantisation: Quantisation?

    @Option(help: "Threads; no result depends on them.")
    var threads = 2

    @Option(help: "The share of the updates' input that is dropped.")
    var dropout = 0.0

    @Flag(help: "Ranks and alphas of single modules, rsLoRA, and only the first layers.")
    var varied = false

    @Option(name: .shortAndLong, help: "The directory to write.")
    var output: String

    private static let examplesPerStep = 4
    private static let seed: UInt64 = 5

    func run() throws {
        let stored = try LoadedModel.load(at: model).model
        let loaded =
            try quantisation.map {
                try stored.quantised($0, threads: threads, base: model)
            } ?? stored
        let vocabulary = UInt32(loaded.configuration.vocabularySize)
        let examples = (0..<steps * Self.examplesPerStep).map { Self.example($0, vocabulary) }
        var configuration = TrainingConfiguration()
        configuration.threads = threads
        configuration.length = .steps(steps)
        configuration.examplesPerStep = Self.examplesPerStep
        configuration.rowLength = 128
        configuration.seed = Self.seed
        configuration.warmupSteps = 3
        configuration.weightDecay = 0.01
        configuration.dropout = dropout
        if varied { try vary(&configuration, layerCount: loaded.configuration.layerCount) }
        var trainer = try Trainer(model: loaded, configuration: configuration)
        try save(trainer.adapter, as: "initial")
        let result = try trainer.train(examples: examples) { _ in }
        try save(result.adapter, as: "final")
        let run: JSONValue = [
            "examplesPerStep": .integer(Int64(Self.examplesPerStep)),
            "seed": .integer(Int64(Self.seed)),
            "clipNorm": .number(configuration.clipNorm),
            "dropout": .number(dropout), "rowLength": .integer(Int64(configuration.rowLength)),
            "weightDecay": .number(configuration.weightDecay),
            "rates": .array(result.metrics.map { .number($0.learningRate) }),
            "losses": .array(result.metrics.map { .number($0.loss) }),
            "norms": .array(result.metrics.map { .number($0.gradientNorm) }),
            "examples": .array(
                examples.map {
                    [
                        "tokens": .array($0.tokens.map { .integer(Int64($0)) }),
                        "isTrained": .array($0.isTrained.map { .bool($0) }),
                    ]
                }
            ),
        ]
        try Files.replace("\(output)/run.json", with: run.canonicalBytes)
    }

    private func vary(_ configuration: inout TrainingConfiguration, layerCount: Int) throws {
        configuration.layers = Array(0..<(2 * layerCount + 2) / 3)
        configuration.usesRankStabilisation = true
        configuration.rankPattern = [
            try ModulePattern(parsing: "mlp\\.(up|down)_proj"): 5,
            try ModulePattern(parsing: "^model.layers.0.self_attn.q_proj"): 24,
        ]
        configuration.alphaPattern = [try ModulePattern(parsing: "[kv]_proj"): 2.5]
    }

    /// 16 to 47 tokens, the last four trained.
    private static func example(_ index: Int, _ vocabulary: UInt32) -> TrainingExample {
        let random = CounterRandom(seed: 77 + UInt64(index))
        let count = 16 + random.index(0, below: 32)
        let tokens = (0..<count).map { position in
            Int32(random.index(UInt64(position) + 1, below: min(400, Int(vocabulary) - 100)) + 100)
        }
        return TrainingExample(
            tokens: tokens,
            isTrained: tokens.indices.map { $0 >= count - 4 }
        )
    }

    private func save(_ adapter: Adapter, as name: String) throws {
        try Files.makeDirectories("\(output)/\(name)")
        for file in adapter.files() {
            try Files.replace("\(output)/\(name)/\(file.name)", with: file.bytes)
        }
    }
}
