// SPDX-License-Identifier: Apache-2.0

/// What a LoRA adapter changes, and how strongly; PEFT's `LoraConfig` in the parts Ingot computes.
package struct AdapterConfiguration: Sendable, Equatable {
    package var rank: Int
    package var alpha: Double
    /// rsLoRA: the scale is alpha / √rank instead of alpha / rank.
    package var usesRankStabilisation: Bool
    /// In the order of `LinearRole.allCases`, without repetition.
    package var targets: [LinearRole]
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
        self.baseName = baseName
    }

    /// The factor of (x Aᵀ) Bᵀ.
    package var scale: Float {
        let divisor = Double(rank)
        return Float(alpha / (usesRankStabilisation ? divisor.squareRoot() : divisor))
    }
}
