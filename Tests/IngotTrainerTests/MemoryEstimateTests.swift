// SPDX-License-Identifier: Apache-2.0

import IngotModel
import Testing

@testable import IngotTrainer

@Suite struct MemoryEstimateTests {
    /// Llama 2 7B.
    private static let seven = ModelConfiguration(
        layerCount: 32,
        hiddenSize: 4096,
        feedForwardSize: 11008,
        headCount: 32,
        keyValueHeadCount: 32,
        headSize: 128,
        vocabularySize: 32000,
        contextLength: 4096
    )
    private static let gibi = 1 << 30

    private func fault(weights: Int, available: Int) -> TrainerError? {
        func estimate(_ rowLength: Int, _ recomputes: Bool) -> MemoryEstimate {
            var configuration = TrainingConfiguration()
            configuration.recomputesBlocks = recomputes
            return MemoryEstimate(
                shape: Self.seven,
                weightBytes: weights,
                configuration: configuration,
                rowLength: rowLength,
                savesState: true
            )
        }
        return MemoryPlan(estimate: estimate(2048, false), available: available) {
            estimate($0 ?? 2048, $1)
        }.fault(longest: 512)
    }

    @Test("7B in fp32 on 24 GiB is refused: the weights alone do not fit")
    func weights() {
        let found = fault(weights: 27 * Self.gibi, available: 24 * Self.gibi)
        #expect(found?.code == .notEnoughMemory)
        #expect(found?.message.contains("24.0 GiB are available") == true)
        #expect(found?.message.contains("quantised or a smaller one") == true)
        #expect(found?.message.contains("--ignore-memory") == true)
    }

    @Test("with quantised weights the refusal names the flags that fit, the mildest first")
    func remedies() {
        let four = 4 * Self.gibi
        #expect(fault(weights: four, available: 24 * Self.gibi) == nil)
        let blocks = fault(weights: four, available: 12 * Self.gibi)
        #expect(blocks?.message.contains("available: --recompute-blocks takes") == true)
        let nothing = fault(weights: four, available: 5 * Self.gibi)
        #expect(nothing?.message.contains("smaller base or a lower rank") == true)
    }

    @Test("what recomputing blocks and fewer tokens save is seen, and the result's needs are not")
    func shares() throws {
        var settings = TrainerSamples.settings
        let examples = TrainerSamples.examples(20)
        func estimate() throws -> MemoryEstimate {
            try Trainer(model: TrainerSamples.model, configuration: settings)
                .memoryEstimate(examples)
        }
        let whole = try estimate()
        settings.recomputesBlocks = true
        let recomputed = try estimate()
        settings.tokensAtOnce = 1
        let least = try estimate()
        #expect(recomputed.activations < whole.activations)
        #expect(least.activations < recomputed.activations)
        #expect(least.parameters == whole.parameters && least.weights == whole.weights)
        settings.keepsBest = true
        #expect(try estimate().parameters > whole.parameters)
        settings.keepsBest = false
        let unsaved = try Trainer(model: TrainerSamples.model, configuration: settings)
            .memoryEstimate(examples, savesState: false)
        #expect(unsaved.parameters * 2 == whole.parameters)
    }

    @Test("a training that does not fit says what would")
    func trainer() throws {
        let trainer = try Trainer(
            model: TrainerSamples.model,
            configuration: TrainerSamples.settings
        )
        let examples = TrainerSamples.examples(20)
        let need = trainer.memoryEstimate(examples).total
        #expect(trainer.memoryFault(examples, available: need) == nil)
        let error = trainer.memoryFault(examples, available: need - 1)
        #expect(error?.message.contains("--recompute-blocks takes") == true)
    }
}
