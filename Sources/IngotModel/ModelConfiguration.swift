// SPDX-License-Identifier: Apache-2.0

package import IngotTensor

/// Families of models whose arithmetic the decoder knows; raw values are their names in files.
///
/// All have RMSNorm, rotary positions on halves, grouped-query attention and SwiGLU; what differs
/// are optional parts, which `ModelConfiguration` describes.
package enum Architecture: String, Sendable, CaseIterable {
    case llama
    /// Llama with a sliding window.
    case mistral
    /// Llama with biases of q, k and v.
    case qwen2
    /// Llama with a norm in every head of q and k.
    case qwen3

    package var hasProjectionBias: Bool { self == .qwen2 }

    package var hasHeadNorms: Bool { self == .qwen3 }
}

/// The shape and the constants of a model.
package struct ModelConfiguration: Sendable, Equatable {
    package var architecture: Architecture
    package var layerCount: Int
    package var hiddenSize: Int
    package var feedForwardSize: Int
    package var headCount: Int
    package var keyValueHeadCount: Int
    package var headSize: Int
    package var vocabularySize: Int
    /// Positions the model was trained for.
    package var contextLength: Int
    package var ropeBase: Float
    /// What each of a head's rotary frequencies is divided by to stretch the context; empty for
    /// none.
    package var ropeDivisors: [Float]
    package var normEpsilon: Float
    /// Positions that attention sees, its own included; nil for all.
    package var slidingWindow: Int?
    /// The head is the embedding matrix.
    package var hasTiedHead: Bool
    package var bosToken: Int32?
    package var eosToken: Int32?
    package var padToken: Int32?
    package var addsBosToken: Bool

    package init(
        architecture: Architecture = .llama,
        layerCount: Int,
        hiddenSize: Int,
        feedForwardSize: Int,
        headCount: Int,
        keyValueHeadCount: Int,
        headSize: Int,
        vocabularySize: Int,
        contextLength: Int,
        ropeBase: Float = 10000,
        ropeDivisors: [Float] = [],
        normEpsilon: Float = 1e-5,
        slidingWindow: Int? = nil,
        hasTiedHead: Bool = true,
        bosToken: Int32? = nil,
        eosToken: Int32? = nil,
        padToken: Int32? = nil,
        addsBosToken: Bool = false
    ) {
        self.architecture = architecture
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.feedForwardSize = feedForwardSize
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.ropeBase = ropeBase
        self.ropeDivisors = ropeDivisors
        self.normEpsilon = normEpsilon
        self.slidingWindow = slidingWindow
        self.hasTiedHead = hasTiedHead
        self.bosToken = bosToken
        self.eosToken = eosToken
        self.padToken = padToken
        self.addsBosToken = addsBosToken
    }

    /// Width of the queries: all heads side by side.
    package var queryWidth: Int { headCount * headSize }

    /// Width of the keys, and of the values.
    package var keyValueWidth: Int { keyValueHeadCount * headSize }

    /// Rows (outputs) and columns (inputs) of the linear layer `role` in every block.
    package func shape(of role: LinearRole) -> (rows: Int, columns: Int) {
        switch role {
        case .q: (queryWidth, hiddenSize)
        case .k, .v: (keyValueWidth, hiddenSize)
        case .o: (hiddenSize, queryWidth)
        case .gate, .up: (feedForwardSize, hiddenSize)
        case .down: (hiddenSize, feedForwardSize)
        }
    }
}

extension RotaryAngles {
    /// The angles of a model's heads.
    package init(positions: [Int], _ configuration: ModelConfiguration) {
        self.init(
            positions: positions,
            headSize: configuration.headSize,
            base: configuration.ropeBase,
            divisors: configuration.ropeDivisors
        )
    }
}
