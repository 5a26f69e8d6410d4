// SPDX-License-Identifier: Apache-2.0

/// Families of models whose arithmetic the decoder knows.
package enum Architecture: String, Sendable {
    /// RMSNorm, rotary positions on halves, grouped-query attention, SwiGLU.
    case llama
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
    package var normEpsilon: Float
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
        normEpsilon: Float = 1e-5,
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
        self.normEpsilon = normEpsilon
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
