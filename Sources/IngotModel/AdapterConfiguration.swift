// SPDX-License-Identifier: Apache-2.0

/// What a LoRA adapter changes, and how strongly; PEFT's `LoraConfig` in the parts Ingot computes.
package struct AdapterConfiguration: Sendable, Equatable {
    package var rank: Int
    package var alpha: Double
    /// rsLoRA: the scale is alpha / √rank instead of alpha / rank.
    package var usesRankStabilisation: Bool
    /// In the order of `LinearRole.allCases`, without repetition.
    package var targets: [LinearRole]
    /// The blocks that are changed, in order; nil for all.
    package var layers: [Int]?
    /// Ranks of single modules.
    package var rankPattern: [ModulePattern: Int]
    /// Alphas of single modules.
    package var alphaPattern: [ModulePattern: Double]
    /// The share of an update's input that was left out in training; nothing is afterwards.
    package var dropout: Double
    /// `base_model_name_or_path`: for people and tools; lineage is told by digests elsewhere.
    package var baseName: String

    package init(
        rank: Int,
        alpha: Double,
        usesRankStabilisation: Bool = false,
        targets: [LinearRole],
        baseName: String = ""
    ) {
        self.rank = rank
        self.alpha = alpha
        self.usesRankStabilisation = usesRankStabilisation
        self.targets = LinearRole.allCases.filter(targets.contains)
        layers = nil
        rankPattern = [:]
        alphaPattern = [:]
        dropout = 0
        self.baseName = baseName
    }

    /// The rank of a module, 0 where it is not changed.
    package func rank(_ block: Int, _ role: LinearRole) -> Int {
        guard targets.contains(role), layers?.contains(block) ?? true else { return 0 }
        return Self.value(rankPattern, block, role) ?? rank
    }

    /// The factor of (x Aᵀ) Bᵀ in a module that is changed.
    package func scale(_ block: Int, _ role: LinearRole) -> Float {
        let divisor = Double(Self.value(rankPattern, block, role) ?? rank)
        let alpha = Self.value(alphaPattern, block, role) ?? alpha
        return Float(alpha / (usesRankStabilisation ? divisor.squareRoot() : divisor))
    }

    private static func value<Value>(
        _ patterns: [ModulePattern: Value],
        _ block: Int,
        _ role: LinearRole
    ) -> Value? {
        guard !patterns.isEmpty else { return nil }
        let name = PEFTTensorName(block: block, role: role).module
        return patterns.first { $0.key.matches(name) }?.value
    }

    /// What keeps the patterns from saying one thing about a model of so many layers: PEFT takes the
    /// first of several patterns in its file's order, which is not a JSON object's to keep.
    package func patternFault(layerCount: Int) -> String? {
        for block in 0..<layerCount {
            for role in LinearRole.allCases where rank(block, role) > 0 {
                let name = PEFTTensorName(block: block, role: role).module
                let ranks = rankPattern.filter { $0.key.matches(name) }
                let alphas = alphaPattern.filter { $0.key.matches(name) }
                let texts =
                    Set(ranks.values).count > 1
                    ? ranks.keys.map(\.text)
                    : Set(alphas.values).count > 1 ? alphas.keys.map(\.text) : []
                guard texts.isEmpty else {
                    return "\(name) is meant by \(texts.sorted().joined(separator: " and "))"
                }
            }
        }
        return nil
    }

    /// Patterns that no changed module of a model of so many layers is meant by, sorted.
    package func unusedPatterns(layerCount: Int) -> [String] {
        let names = (0..<layerCount).flatMap { block in
            LinearRole.allCases.filter { rank(block, $0) > 0 }
                .map { PEFTTensorName(block: block, role: $0).module }
        }
        return (Array(rankPattern.keys) + alphaPattern.keys)
            .filter { pattern in !names.contains(where: pattern.matches) }
            .map(\.text).sorted()
    }
}
