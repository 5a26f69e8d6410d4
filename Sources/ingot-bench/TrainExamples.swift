// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import IngotCore
import IngotFiles
import IngotModel
import IngotTensor
import IngotTrainer

struct TrainExamples: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train-examples",
        abstract: "Measure one pass over real examples: LoRA r=16, loss on the completions.",
        discussion: "A line of the files is {\"prompt\": …, \"completion\": …}."
    )

    @Option(help: "A GGUF file or a Hugging Face directory with a ChatML vocabulary.")
    var model: String

    @Option(help: "The examples to train on.")
    var examples: String

    @Option(help: "Examples whose loss is measured at the end.")
    var validation: String?

    @Option(help: "Examples a step.")
    var batch = 8

    @Option(help: "Peak of the learning rate, which falls on a line.")
    var rate = 5e-4

    @Option(help: "Threads.")
    var threads = 2

    @Option(help: "Kernel set: portable or avx512.")
    var kernels = KernelSet.portable

    func run() throws {
        let loaded = try LoadedModel.load(at: model)
        var configuration = TrainingConfiguration()
        configuration.threads = threads
        configuration.kernels = kernels
        configuration.examplesPerStep = batch
        configuration.learningRate = rate
        configuration.schedule = .linear
        let training = try read(examples, loaded.tokenizer)
        var trainer = try Trainer(model: loaded.model, configuration: configuration)
        let result = try trainer.train(
            examples: training,
            validation: validation.map { try read($0, loaded.tokenizer) } ?? []
        ) { _ in }
        let seconds = result.metrics.reduce(0) { $0 + $1.seconds }
        let tokens = training.reduce(0) { $0 + $1.tokens.count }
        print(
            JSONValue.object([
                "examples_per_second": .number(Double(training.count) / seconds),
                "tokens_per_second": .number(Double(tokens) / seconds),
                "peak_rss_bytes": .integer(peakMemory()),
                "validation_loss": .number(result.validationLoss ?? 0),
            ]).canonicalText
        )
    }

    private func read(_ path: String, _ tokenizer: Tokenizer) throws -> [TrainingExample] {
        try Files.read(path).split(separator: UInt8(ascii: "\n")).map { line in
            let row = try JSONValue(parsing: Array(line))
            let turn = "<|im_start|>user\n\(row["prompt"]?.string ?? "")<|im_end|>\n"
            let prompt = tokenizer.encode(
                turn + "<|im_start|>assistant\n",
                parsingSpecial: true
            )
            let answer = tokenizer.encode(
                "\(row["completion"]?.string ?? "")<|im_end|>\n",
                parsingSpecial: true
            )
            return TrainingExample(
                tokens: prompt + answer,
                isTrained: prompt.map { _ in false } + answer.map { _ in true }
            )
        }
    }
}

/// The most memory that was resident so far.
func peakMemory() -> Int64 {
    var usage = unsafe rusage()
    unsafe getrusage(0, &usage)  // RUSAGE_SELF
    return Int64(usage.ru_maxrss) * 1024
}
