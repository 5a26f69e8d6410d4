// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotCore
import IngotModel
import IngotTensor
import IngotTrainer

extension KernelSet: ExpressibleByArgument {}

struct TrainSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train-speed",
        abstract: "Measure LoRA steps, r=16 on all linear layers, over random tokens."
    )

    @Option(help: "A GGUF file or a Hugging Face directory.")
    var model: String

    @Option(help: "Rows a step.")
    var batch = 4

    @Option(help: "Tokens a row.")
    var length = 256

    @Option(help: "Tokens computed together; examples are packed into so many.")
    var rowLength = 512

    @Option(help: "Steps, two or more; the best one but the first counts.")
    var steps = 4

    @Option(help: "Threads.")
    var threads = 2

    @Option(help: "Tokens computed at once; 0 for a row's.")
    var tokensAtOnce = 0

    @Flag(help: "Compute blocks again on the way back.")
    var recomputeBlocks = false

    @Option(help: "Kernel set: portable or avx512.")
    var kernels = KernelSet.portable

    func validate() throws {
        guard steps >= 2 else { throw ValidationError("--steps: expected two or more") }
    }

    func run() throws {
        let loaded = try LoadedModel.load(at: model).model
        let random = CounterRandom(seed: 0)
        let examples = (0..<batch).map { row in
            TrainingExample(
                tokens: (0..<length).map {
                    let vocabulary = loaded.configuration.vocabularySize
                    return Int32(random.index(UInt64(row * length + $0), below: vocabulary))
                },
                isTrained: (0..<length).map { $0 > 0 }
            )
        }
        var configuration = TrainingConfiguration()
        configuration.threads = threads
        configuration.kernels = kernels
        configuration.length = .steps(steps)
        configuration.examplesPerStep = batch
        configuration.rowLength = max(length, rowLength)
        configuration.learningRate = 1e-4
        configuration.tokensAtOnce = tokensAtOnce
        configuration.recomputesBlocks = recomputeBlocks
        var trainer = try Trainer(model: loaded, configuration: configuration)
        let result = try trainer.train(examples: examples) { _ in }
        let rates = result.metrics.dropFirst().map { Double($0.tokenCount) / $0.seconds }
        let estimate = trainer.memoryEstimate(examples, savesState: false)
        let report: JSONValue = [
            "tokens_per_second": .number(rates.max() ?? 0),
            "peak_rss_bytes": .integer(peakMemory()),
            "estimated_bytes": .integer(Int64(estimate.total)),
        ]
        print(report.canonicalText)
    }
}
