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
        var trainer = try Trainer(model: loaded, configuration: configuration)
        try save(trainer.adapter, as: "initial")
        let result = try trainer.train(examples: examples) { _ in }
        try save(result.adapter, as: "final")
        let run: JSONValue = [
            "examplesPerStep": .integer(Int64(Self.examplesPerStep)),
            "seed": .integer(Int64(Self.seed)),
            "clipNorm": .number(configuration.clipNorm),
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
