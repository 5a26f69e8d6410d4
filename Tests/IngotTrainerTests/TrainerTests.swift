// SPDX-License-Identifier: Apache-2.0

import IngotModel
import IngotTensor
import Testing

@testable import IngotTrainer

@Suite struct TrainerTests {
    typealias Samples = TrainerSamples

    private func train(
        _ settings: TrainingConfiguration,
        _ examples: [TrainingExample],
        validation: [TrainingExample] = [],
        initial: Adapter? = nil
    ) throws -> TrainingResult {
        var trainer = try Trainer(model: Samples.model, configuration: settings, initial: initial)
        return try trainer.train(examples: examples, validation: validation) { _ in }
    }

    struct GradientCase: Sendable {
        let dropout: Double
        let recomputesBlocks: Bool
        let hasPatterns: Bool
    }

    @Test(
        "every parameter's gradient agrees with finite differences of the loss",
        arguments: Samples.variants,
        [
            GradientCase(dropout: 0, recomputesBlocks: false, hasPatterns: false),
            GradientCase(dropout: 0.3, recomputesBlocks: false, hasPatterns: false),
            GradientCase(dropout: 0.3, recomputesBlocks: true, hasPatterns: true),
            GradientCase(dropout: 0, recomputesBlocks: true, hasPatterns: true),
        ]
    )
    func gradients(_ configuration: ModelConfiguration, _ test: GradientCase) throws {
        let model = Samples.model(configuration)
        var settings = Samples.settings
        settings.dropout = test.dropout
        settings.recomputesBlocks = test.recomputesBlocks
        if test.hasPatterns {
            settings.rankPattern = [try ModulePattern(parsing: "layers.1.mlp.*"): 2]
            settings.alphaPattern = [try ModulePattern(parsing: "q_proj"): 3]
        }
        let adapter = Samples.adapter(settings)
        let examples = Samples.examples(3)
        let parameters = LoRAParameters(adapter.configuration, model: configuration)
        parameters.set(adapter)
        let weights = DecoderWeights(model) { parameters[$0, $1]?.matrices }
        let pass = RowPass(
            weights: weights,
            parameters: parameters,
            rowLength: 64,
            settings: settings,
            compute: Compute(threads: 2)
        )
        let row = PackedRow(examples, step: 3, firstToken: 5)
        func decoderLoss(_ adapter: Adapter) -> Double {
            let decoder = Decoder(model: model, adapter: adapter, threads: 1)
            return examples.reduce(0) {
                $0 + decoder.meanLoss(tokens: $1.tokens, lossMask: $1.isTrained).sum
            }
        }
        #expect(abs(pass.run(row, factor: nil) - decoderLoss(adapter)) < 1e-9)
        let learned = pass.run(row, factor: 1)
        #expect((learned != pass.run(row, factor: nil)) == (test.dropout > 0))
        let gradients = (0..<configuration.layerCount).map { block in
            LinearRole.allCases.map { role in
                parameters[block, role].map {
                    LoRAMatrices(a: $0.aGradient, bTransposed: $0.bGradient, scale: 1).pair
                }
            }
        }
        func loss(_ adapter: Adapter) -> Double {
            parameters.set(adapter)
            return pass.run(row, factor: 1)
        }
        for block in 0..<configuration.layerCount {
            for role in LinearRole.allCases {
                let gradient = try #require(gradients[block][role.index])
                let pair = try #require(adapter[block, role])
                for index in stride(from: 5, to: pair.a.count, by: 41) {
                    var (up, down) = (adapter, adapter)
                    up[block, role]?.a[index] += 0.02
                    down[block, role]?.a[index] -= 0.02
                    expectClose(gradient.a[index], (loss(up) - loss(down)) / 0.04)
                }
                for index in stride(from: 2, to: pair.b.count, by: 41) {
                    var (up, down) = (adapter, adapter)
                    up[block, role]?.b[index] += 0.01
                    down[block, role]?.b[index] -= 0.01
                    expectClose(gradient.b[index], (loss(up) - loss(down)) / 0.02)
                }
            }
        }
    }

    private func expectClose(_ gradient: Float, _ slope: Double) {
        let tolerance: Double = 4e-3 + 0.02 * abs(slope)
        let error: Double = abs(slope - Double(gradient))
        #expect(error < tolerance)
    }

    @Test("the loss falls, and validation is measured when it is due")
    func learns() throws {
        var settings = Samples.settings
        settings.length = .steps(60)
        settings.validationInterval = 25
        let result = try train(
            settings,
            Samples.examples(64),
            validation: Samples.examples(8, seed: 2)
        )
        let losses = result.metrics.map(\.loss)
        let (start, end) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
        #expect(end < 0.7 * start)
        let validated = result.metrics.filter { $0.validationLoss != nil }.map(\.step)
        #expect(validated == [25, 50, 60])
        #expect(result.validationLoss != nil)
        #expect(result.metrics.last?.stepCount == 60)
    }

    @Test(
        "the adapter has the same bits with any number of threads and at any level of instructions"
    )
    func threads() throws {
        var settings = Samples.settings
        settings.length = .epochs(2)
        let examples = Samples.examples(20)
        var adapters: [Adapter] = []
        for threads in 1...3 {
            settings.threads = threads
            adapters.append(try train(settings, examples).adapter)
        }
        #expect(adapters.allSatisfy { $0 == adapters[0] })
        settings.seed = 12
        #expect(try train(settings, examples).adapter != adapters[0])
    }

    @Test(
        "with bf16 products too, and the loss ends near where fp32 takes it",
        .enabled(if: KernelSet.avx512.isAvailable, "this processor has no AVX512_BF16")
    )
    func threadsOfAVX512() throws {
        var settings = Samples.settings
        settings.length = .epochs(4)
        let examples = Samples.examples(32)
        let validation = Samples.examples(8, seed: 2)
        let portable = try train(settings, examples, validation: validation)
        settings.kernels = .avx512
        var results: [TrainingResult] = []
        for threads in 1...3 {
            settings.threads = threads
            results.append(try train(settings, examples, validation: validation))
        }
        #expect(results.allSatisfy { $0.adapter == results[0].adapter })
        #expect(results[0].adapter != portable.adapter)
        let rounded = try #require(results[0].validationLoss)
        let exact = try #require(portable.validationLoss)
        #expect(abs(rounded - exact) < 0.02 * exact)
    }

    @Test(
        "kernels that the processor lacks are refused by name",
        .disabled(if: KernelSet.avx512.isAvailable, "this processor has AVX512_BF16")
    )
    func missingKernels() {
        var settings = Samples.settings
        settings.kernels = .avx512
        let error = #expect(throws: TrainerError.self) {
            _ = try Trainer(model: Samples.model, configuration: settings)
        }
        #expect(error?.message.contains("kernels") == true)
    }

    @Test("packing does not change a step's loss, and examples do not see each other")
    func packing() throws {
        var settings = Samples.settings
        settings.length = .steps(1)
        let examples = Samples.examples(8)
        let packed = try train(settings, examples, initial: Samples.adapter()).metrics[0]
        settings.rowLength = examples.map(\.tokens.count).max() ?? 1
        let alone = try train(settings, examples, initial: Samples.adapter()).metrics[0]
        #expect(abs(packed.loss - alone.loss) < 1e-12)
        let normError = abs(packed.gradientNorm - alone.gradientNorm)
        #expect(normError < 1e-5 * alone.gradientNorm)
        let decoder = Decoder(model: Samples.model, adapter: Samples.adapter(), threads: 1)
        let sums = examples.map { decoder.meanLoss(tokens: $0.tokens, lossMask: $0.isTrained) }
        let mean = sums.reduce(0) { $0 + $1.sum } / Double(sums.reduce(0) { $0 + $1.count })
        #expect(abs(mean - packed.loss) < 1e-12)
        #expect(packed.trainedTokenCount == 16)
    }

    @Test("only the chosen layers get an update")
    func targets() throws {
        var settings = Samples.settings
        settings.targets = [.v, .q]
        settings.length = .steps(2)
        let adapter = try train(settings, Samples.examples(8)).adapter
        #expect(adapter.configuration.targets == [.q, .v])
        for role in LinearRole.allCases {
            #expect((adapter[1, role] != nil) == [.q, .v].contains(role))
        }
        #expect(adapter[0, .q]?.b.contains { $0 != 0 } == true)
    }

    @Test("layers and patterns decide which modules are trained, and how")
    func patterns() throws {
        var settings = Samples.settings
        settings.layers = [1]
        settings.rankPattern = [try ModulePattern(parsing: "mlp.(up|gate)_proj"): 2]
        settings.length = .steps(2)
        let adapter = try train(settings, Samples.examples(8)).adapter
        #expect(LinearRole.allCases.allSatisfy { adapter[0, $0] == nil })
        #expect(adapter[1, .up]?.rank == 2 && adapter[1, .gate]?.rank == 2)
        #expect(adapter[1, .down]?.rank == 4 && adapter[1, .q]?.rank == 4)
        let files = adapter.files()
        let read = try Adapter(directoryFiles: files[0].bytes, weights: files[1].bytes)
        #expect(read == adapter)
    }

    @Test("dropout changes what is learned, never what is measured, and not by threads")
    func dropout() throws {
        var settings = Samples.settings
        settings.length = .steps(3)
        let examples = Samples.examples(20)
        let plain = try train(settings, examples).adapter
        settings.dropout = 0.25
        let dropped = try train(settings, examples).adapter
        #expect((dropped == plain) == false)
        settings.threads = 3
        #expect((try train(settings, examples).adapter == dropped) == true)
    }

    @Test("a start of PEFT's kind: A within ±1/√inputs, B zero")
    func start() throws {
        let trainer = try Trainer(model: Samples.model, configuration: Samples.settings)
        for role in LinearRole.allCases {
            let pair = try #require(trainer.adapter[1, role])
            let bound = 1 / Float(pair.inputCount).squareRoot()
            #expect(pair.a.allSatisfy { abs($0) <= bound })
            let largest: Float = pair.a.max() ?? 0
            #expect(largest > bound * 0.8)
            #expect(pair.b.allSatisfy { $0 == 0 })
        }
    }

    @Test("what onStep throws ends the training")
    func cancellation() throws {
        struct Cancelled: Error {}
        var trainer = try Trainer(model: Samples.model, configuration: Samples.settings)
        #expect(throws: Cancelled.self) {
            _ = try trainer.train(examples: Samples.examples(64)) { metrics in
                if metrics.step == 2 { throw Cancelled() }
            }
        }
    }

    @Test("a loss that is not finite names its step")
    func notFinite() throws {
        var settings = Samples.settings
        settings.learningRate = 1e30
        settings.warmupSteps = 0
        settings.clipNorm = 0
        let error = #expect(throws: TrainerError.self) {
            _ = try train(settings, Samples.examples(64))
        }
        #expect(error?.code == .lossNotFinite)
        #expect(error?.message.contains("step 2") == true)
    }

    @Test("examples that cannot be used are named")
    func badExamples() throws {
        let good = Samples.examples(1)
        func code(_ examples: [TrainingExample]) -> TrainerError.Code? {
            do {
                _ = try train(Samples.settings, examples)
                return nil
            } catch {
                return (error as? TrainerError)?.code
            }
        }
        #expect(code([]) == .noExamples)
        #expect(code([TrainingExample(tokens: [1, 2], isTrained: [true, false])]) == .noExamples)
        let long = TrainingExample(
            tokens: Array(repeating: 1, count: 41),
            isTrained: Array(repeating: true, count: 41)
        )
        #expect(code(good + [long]) == .exampleTooLong)
        #expect(
            code(good + [TrainingExample(tokens: [1, 61], isTrained: [false, true])])
                == .tokenOutOfRange
        )
        #expect(
            code(good + [TrainingExample(tokens: [-1, 6], isTrained: [false, true])])
                == .tokenOutOfRange
        )
    }

    @Test(
        "sums over pairs of rows are not cut anywhere",
        .enabled(if: KernelSet.avx512.isAvailable, "this processor has no AVX512_BF16")
    )
    func pairsAreNotCut() {
        var settings = Samples.settings
        (settings.kernels, settings.tokensAtOnce) = (.avx512, 100)
        let error = #expect(throws: TrainerError.self) {
            _ = try Trainer(model: Samples.model, configuration: settings)
        }
        #expect(error?.message.contains("tokensAtOnce") == true)
    }

    @Test(
        "dropout, patterns and blocks computed again go with every kernel set",
        arguments: KernelSet.allCases.filter(\.isAvailable)
    )
    func everySet(_ kernels: KernelSet) throws {
        var settings = Samples.settings
        settings.kernels = kernels
        settings.length = .steps(3)
        settings.dropout = 0.2
        settings.rankPattern = [try ModulePattern(parsing: "q_proj"): 2]
        let examples = Samples.examples(24)
        let expected = try train(settings, examples).adapter.files().map(\.bytes)
        for (threads, recomputes) in [(2, false), (3, true)] {
            (settings.threads, settings.recomputesBlocks) = (threads, recomputes)
            #expect(try train(settings, examples).adapter.files().map(\.bytes) == expected)
        }
        settings.dropout = 0
        #expect(try train(settings, examples).adapter.files().map(\.bytes) != expected)
    }

    @Test("settings out of range are named")
    func badSettings() {
        let changes: [(String, (inout TrainingConfiguration) -> Void)] = [
            ("rank", { $0.rank = 0 }), ("alpha", { $0.alpha = .nan }),
            ("targets", { $0.targets = [] }), ("dropout", { $0.dropout = 1 }),
            ("rank", { $0.rank = 33 }), ("layers", { $0.layers = [2] }),
            ("layers", { $0.layers = [] }), ("learningRate", { $0.learningRate = -1 }),
            ("warmupSteps", { $0.warmupSteps = -1 }),
            ("examplesPerStep", { $0.examplesPerStep = 0 }),
            ("rowLength", { $0.rowLength = 1 }), ("weightDecay", { $0.weightDecay = -1 }),
            ("beta1", { $0.beta1 = 1 }), ("beta2", { $0.beta2 = -0.1 }),
            ("epsilon", { $0.epsilon = 0 }), ("clipNorm", { $0.clipNorm = .infinity }),
            ("validationInterval", { $0.validationInterval = -1 }),
            ("tokensAtOnce", { $0.tokensAtOnce = -1 }),
            ("validationInterval", { $0.earlyStopping = EarlyStopping(patience: 1) }),
            ("patience", { $0.earlyStopping = EarlyStopping(patience: 0) }),
            ("epochs", { $0.length = .epochs(0) }), ("steps", { $0.length = .steps(0) }),
        ]
        for (name, change) in changes {
            var settings = Samples.settings
            change(&settings)
            let error = #expect(throws: TrainerError.self) {
                _ = try Trainer(model: Samples.model, configuration: settings)
            }
            #expect(error?.code == .badConfiguration)
            #expect(error?.message.contains(name) == true)
        }
    }

    @Test("patterns that mean nothing, or two things, are refused by name")
    func badPatterns() throws {
        let q = try ModulePattern(parsing: "q_proj")
        let missing = try ModulePattern(parsing: "lm_head")
        let attention = try ModulePattern(parsing: "self_attn.*")
        for (ranks, part) in [
            ([missing: 2], "'lm_head' means no trained module"),
            ([q: 2, attention: 3], "q_proj is meant by q_proj and self_attn.*"),
            ([q: 64], "64 is more than q_proj of layer 0 has, 32 × 32"),
        ] as [([ModulePattern: Int], String)] {
            var settings = Samples.settings
            settings.rankPattern = ranks
            let error = #expect(throws: TrainerError.self) {
                _ = try Trainer(model: Samples.model, configuration: settings)
            }
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
    }

    @Test("an initial adapter of another shape is refused")
    func badInitial() {
        var settings = Samples.settings
        settings.rank = 8
        let error = #expect(throws: TrainerError.self) {
            _ = try Trainer(
                model: Samples.model,
                configuration: settings,
                initial: Samples.adapter()
            )
        }
        #expect(error?.code == .adapterMismatch)
    }
}
