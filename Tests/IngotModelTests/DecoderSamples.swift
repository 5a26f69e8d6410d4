// SPDX-License-Identifier: Apache-2.0

import IngotModel
import IngotTensor

/// Small random models for tests of the decoder.
struct DecoderSamples {
    static let configuration = ModelConfiguration(
        layerCount: 3,
        hiddenSize: 48,
        feedForwardSize: 80,
        headCount: 6,
        keyValueHeadCount: 2,
        headSize: 8,
        vocabularySize: 97,
        contextLength: 64,
        ropeBase: 10000,
        normEpsilon: 1e-5,
        hasTiedHead: true
    )

    /// One of each architecture, with what it may have.
    static let variants: [ModelConfiguration] = Architecture.allCases.map { architecture in
        var variant = configuration
        variant.architecture = architecture
        variant.ropeDivisors = architecture == .llama ? [1, 1.5, 4, 8] : []
        variant.slidingWindow = architecture == .mistral ? 5 : nil
        return variant
    }

    static func model(
        _ configuration: ModelConfiguration = configuration,
        seed: UInt64 = 1
    ) -> Model {
        let random = Philox(seed: seed)
        var stream: UInt32 = 0
        func values(_ count: Int, scale: Float, offset: Float = 0) -> [Float] {
            stream += 1
            let here = stream
            return (0..<count).map {
                (2 * random.uniform($0, stream: 7, here) - 1) * scale + offset
            }
        }
        func matrix(_ rows: Int, _ columns: Int) -> WeightMatrix {
            let scale = 1.7 / Float(columns).squareRoot()
            return WeightMatrix(
                rows: rows,
                columns: columns,
                values: values(rows * columns, scale: scale)
            )
        }
        let (hidden, vocabulary) = (configuration.hiddenSize, configuration.vocabularySize)
        return Model(
            configuration: configuration,
            embedding: WeightMatrix(
                rows: vocabulary,
                columns: hidden,
                values: values(vocabulary * hidden, scale: 1)
            ),
            blocks: (0..<configuration.layerCount).map { _ in
                Block(
                    attentionNorm: values(hidden, scale: 0.2, offset: 1),
                    feedForwardNorm: values(hidden, scale: 0.2, offset: 1),
                    biases: configuration.architecture.hasProjectionBias
                        ? Dictionary(
                            uniqueKeysWithValues: [LinearRole.q, .k, .v].map {
                                ($0, values(configuration.shape(of: $0).rows, scale: 0.5))
                            }
                        ) : [:],
                    headNorms: configuration.architecture.hasHeadNorms
                        ? Block.HeadNorms(
                            q: values(configuration.headSize, scale: 0.4, offset: 1),
                            k: values(configuration.headSize, scale: 0.4, offset: 1)
                        ) : nil,
                    linear: { role in
                        let (rows, columns) = configuration.shape(of: role)
                        return matrix(rows, columns)
                    }
                )
            },
            finalNorm: values(hidden, scale: 0.2, offset: 1),
            head: configuration.hasTiedHead ? nil : matrix(vocabulary, hidden)
        )
    }

    /// An adapter that changes everything a little.
    static func adapter(rank: Int = 4, seed: UInt64 = 2) -> Adapter {
        var adapter = Adapter(
            configuration: AdapterConfiguration(
                rank: rank,
                alpha: 8,
                targets: LinearRole.allCases
            ),
            layerCount: configuration.layerCount
        )
        let random = Philox(seed: seed)
        for block in 0..<configuration.layerCount {
            for role in LinearRole.allCases {
                let (rows, columns) = configuration.shape(of: role)
                let place = UInt32(block * 7 + role.index)
                adapter[block, role] = LoRAPair(
                    rank: rank,
                    a: (0..<rank * columns).map {
                        0.3 * (random.uniform($0, stream: 8, place) - 0.5)
                    },
                    b: (0..<rank * rows).map { 0.3 * (random.uniform($0, stream: 9, place) - 0.5) }
                )
            }
        }
        return adapter
    }

    static func tokens(_ count: Int, seed: UInt64 = 3) -> [Int32] {
        let random = Philox(seed: seed)
        return (0..<count).map {
            Int32(random.word($0, stream: 4, 0) % UInt32(configuration.vocabularySize))
        }
    }
}
