// SPDX-License-Identifier: Apache-2.0

import IngotModel
import IngotTensor
import IngotTrainer

/// A small random model and examples for tests of the trainer.
enum TrainerSamples {
    static let configuration = ModelConfiguration(
        layerCount: 2,
        hiddenSize: 32,
        feedForwardSize: 48,
        headCount: 4,
        keyValueHeadCount: 2,
        headSize: 8,
        vocabularySize: 61,
        contextLength: 64
    )

    static let model = model(configuration)

    /// One of each architecture, with what it may have.
    static let variants: [ModelConfiguration] = Architecture.allCases.map { architecture in
        var variant = configuration
        variant.architecture = architecture
        variant.ropeDivisors = architecture == .llama ? [1, 1.5, 4, 8] : []
        variant.slidingWindow = architecture == .mistral ? 3 : nil
        return variant
    }

    static func model(_ configuration: ModelConfiguration) -> Model {
        let random = Philox(seed: 5)
        let architecture = configuration.architecture
        func values(_ count: Int, _ stream: UInt32, _ scale: Float) -> [Float] {
            (0..<count).map { (2 * random.uniform($0, stream: 1, stream) - 1) * scale }
        }
        let hidden = configuration.hiddenSize
        return Model(
            configuration: configuration,
            embedding: WeightMatrix(
                rows: 61,
                columns: hidden,
                values: values(61 * hidden, 1, 1)
            ),
            blocks: (0..<configuration.layerCount).map { block in
                Block(
                    attentionNorm: values(hidden, UInt32(block + 2), 0.2).map { $0 + 1 },
                    feedForwardNorm: values(hidden, UInt32(block + 12), 0.2).map { $0 + 1 },
                    biases: architecture.hasProjectionBias
                        ? [.q: values(32, 40, 0.5), .k: values(16, 41, 0.5), .v: values(16, 42, 1)]
                        : [:],
                    headNorms: architecture.hasHeadNorms
                        ? Block.HeadNorms(
                            q: values(8, 43, 0.4).map { $0 + 1 },
                            k: values(8, 44, 0.4).map { $0 + 1 }
                        ) : nil,
                    linear: { role in
                        let (rows, columns) = configuration.shape(of: role)
                        let scale = 1.7 / Float(columns).squareRoot()
                        let stream = UInt32(100 + block * 7 + role.index)
                        return WeightMatrix(
                            rows: rows,
                            columns: columns,
                            values: values(rows * columns, stream, scale)
                        )
                    }
                )
            },
            finalNorm: values(hidden, 30, 0.2).map { $0 + 1 },
            head: nil
        )
    }

    /// Examples with a rule to learn: the last token repeats the first.
    static func examples(_ count: Int, seed: UInt64 = 1) -> [TrainingExample] {
        let random = Philox(seed: seed)
        return (0..<count).map { index in
            let length = 4 + Int(random.word(index, stream: 1, 0) % 9)
            var tokens = (0..<length).map {
                Int32(random.word($0, stream: 2, UInt32(index)) % 61)
            }
            tokens.append(tokens[0])
            let flags = tokens.indices.map { $0 >= length - 1 }
            return TrainingExample(tokens: tokens, isTrained: flags)
        }
    }

    static var settings: TrainingConfiguration {
        var settings = TrainingConfiguration()
        settings.rank = 4
        settings.alpha = 8
        settings.rowLength = 40
        settings.examplesPerStep = 8
        settings.learningRate = 5e-3
        settings.warmupSteps = 2
        settings.seed = 11
        return settings
    }

    /// PEFT's start has B = 0; this one moves everything.
    static func adapter(_ settings: TrainingConfiguration = settings) -> Adapter {
        var adapter = Adapter(
            configuration: settings.adapterConfiguration,
            layerCount: configuration.layerCount
        )
        let random = Philox(seed: 12)
        for block in 0..<configuration.layerCount {
            for role in LinearRole.allCases {
                let (rows, columns) = configuration.shape(of: role)
                let place = UInt32(block * 7 + role.index)
                let rank = adapter.configuration.rank(block, role)
                adapter[block, role] = LoRAPair(
                    rank: rank,
                    a: (0..<rank * columns).map { random.uniform($0, stream: 3, place) - 0.5 },
                    b: (0..<rank * rows).map { (random.uniform($0, stream: 4, place) - 0.5) * 0.2 }
                )
            }
        }
        return adapter
    }
}
