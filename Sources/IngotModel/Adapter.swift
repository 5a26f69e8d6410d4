// SPDX-License-Identifier: Apache-2.0

/// A LoRA adapter: at most one pair for each linear layer of each block.
package struct Adapter: Sendable, Equatable {
    package var configuration: AdapterConfiguration
    package let layerCount: Int
    /// [layerCount × roles], in the order of `LinearRole.allCases`.
    private var pairs: [LoRAPair?]

    /// An adapter without pairs.
    package init(configuration: AdapterConfiguration, layerCount: Int) {
        self.configuration = configuration
        self.layerCount = layerCount
        pairs = Array(repeating: nil, count: layerCount * LinearRole.allCases.count)
    }

    package subscript(block: Int, role: LinearRole) -> LoRAPair? {
        get { pairs[block * LinearRole.allCases.count + role.index] }
        set { pairs[block * LinearRole.allCases.count + role.index] = newValue }
    }

    /// Whether every pair has the shape of the layer it belongs to.
    package func fits(_ configuration: ModelConfiguration) -> Bool {
        guard layerCount == configuration.layerCount else { return false }
        for block in 0..<layerCount {
            for role in LinearRole.allCases {
                guard let pair = self[block, role] else { continue }
                let (rows, columns) = configuration.shape(of: role)
                guard pair.inputCount == columns, pair.outputCount == rows else { return false }
            }
        }
        return true
    }
}
