// SPDX-License-Identifier: Apache-2.0

package import IngotModel
package import IngotTensor

/// Everything that, with the base model and the examples in order, decides an adapter's bytes;
/// `threads`, `tokensAtOnce` and `recomputesBlocks` decide time and memory alone.
package struct TrainingConfiguration: Sendable, Equatable {
    /// How many steps are made.
    package enum Length: Sendable, Equatable {
        /// Passes over all examples.
        case epochs(Int)
        /// Steps, over as many epochs as they take.
        case steps(Int)
    }

    package var rank = 16
    package var alpha = 32.0
    package var targets = LinearRole.allCases
    package var usesRankStabilisation = false
    /// The blocks that are trained; nil for all.
    package var layers: [Int]?
    package var rankPattern: [ModulePattern: Int] = [:]
    package var alphaPattern: [ModulePattern: Double] = [:]
    /// The share of each update's input that a step leaves out.
    package var dropout = 0.0
    package var learningRate = 1e-3
    package var schedule = Schedule.cosine
    package var warmupSteps = 0
    package var length = Length.epochs(1)
    /// Examples whose gradients make one step.
    package var examplesPerStep = 16
    /// Tokens of a packed row: with the examples it decides the order of all sums.
    package var rowLength = 512
    /// Tokens computed together, which memory grows with; 0 for a row's, and an example is never cut.
    package var tokensAtOnce = 0
    /// Keeps only the blocks' inputs for the way back, and computes each block twice.
    package var recomputesBlocks = false
    package var weightDecay = 0.0
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    /// Largest norm of a step's gradient; 0 for no limit.
    package var clipNorm = 1.0
    package var seed: UInt64 = 0
    /// Steps between validations; 0 validates at the end only.
    package var validationInterval = 0
    /// The adapter with the best validation is the result, not the last one.
    package var keepsBest = false
    package var earlyStopping: EarlyStopping?
    package var threads = 1
    package var kernels = KernelSet.portable
    /// `base_model_name_or_path` of the adapter.
    package var baseName = ""

    package init() {}

    /// Tokens of a pass.
    var passLength: Int { tokensAtOnce > 0 ? tokensAtOnce : rowLength }

    /// - Throws: `TrainerError` naming the setting.
    func check() throws {
        func require(_ holds: Bool, _ setting: String, _ rule: String) throws {
            guard holds else {
                throw TrainerError(
                    .badConfiguration,
                    "training setting \(setting): must be \(rule)"
                )
            }
        }
        try require(rank > 0 && rank <= Self.rankLimit, "rank", "1 to \(Self.rankLimit)")
        try require(alpha.isFinite && alpha > 0, "alpha", "a positive number")
        try require(!targets.isEmpty, "targets", "at least one linear layer")
        try require(dropout >= 0 && dropout < 1, "dropout", "in [0, 1)")
        for (pattern, rank) in rankPattern {
            try require(
                rank > 0 && rank <= Self.rankLimit,
                "rank of '\(pattern.text)'",
                "1 to \(Self.rankLimit)"
            )
        }
        for (pattern, alpha) in alphaPattern {
            try require(
                alpha.isFinite && alpha > 0,
                "alpha of '\(pattern.text)'",
                "a positive number"
            )
        }
        try require(
            learningRate.isFinite && learningRate >= 0,
            "learningRate",
            "a number from 0 up"
        )
        try require(warmupSteps >= 0, "warmupSteps", "0 or more")
        try require(examplesPerStep > 0, "examplesPerStep", "1 or more")
        try require(
            rowLength > 1 && rowLength <= Self.rowLimit,
            "rowLength",
            "2 to \(Self.rowLimit)"
        )
        try require(weightDecay.isFinite && weightDecay >= 0, "weightDecay", "a number from 0 up")
        try require(beta1 >= 0 && beta1 < 1, "beta1", "in [0, 1)")
        try require(beta2 >= 0 && beta2 < 1, "beta2", "in [0, 1)")
        try require(epsilon.isFinite && epsilon > 0, "epsilon", "a positive number")
        try require(clipNorm.isFinite && clipNorm >= 0, "clipNorm", "a number from 0 up")
        try require(validationInterval >= 0, "validationInterval", "0 or more")
        try require(tokensAtOnce >= 0, "tokensAtOnce", "0 or more")
        try require(
            tokensAtOnce == 0 || kernels.sumsSingleRows,
            "tokensAtOnce",
            "unset with the kernels \(kernels.rawValue), whose sums over pairs of rows it would change"
        )
        if let earlyStopping {
            try require(earlyStopping.patience > 0, "patience", "1 or more")
            try require(
                earlyStopping.minimumImprovement >= 0 && earlyStopping.minimumImprovement.isFinite,
                "minimumImprovement",
                "a number from 0 up"
            )
            try require(validationInterval > 0, "validationInterval", "1 or more to stop early")
        }
        try require(
            kernels.isAvailable,
            "kernels",
            "portable on this processor, which has no AVX512_BF16 (asked for: \(kernels.rawValue))"
        )
        switch length {
        case .epochs(let count): try require(count > 0, "epochs", "1 or more")
        case .steps(let count): try require(count > 0, "steps", "1 or more")
        }
    }

    private static let rankLimit = 1024
    private static let rowLimit = 1 << 17

    /// What the adapter's own configuration says.
    package var adapterConfiguration: AdapterConfiguration {
        var adapter = AdapterConfiguration(
            rank: rank,
            alpha: alpha,
            usesRankStabilisation: usesRankStabilisation,
            targets: targets,
            baseName: baseName
        )
        adapter.layers = layers.map { Set($0).sorted() }
        adapter.rankPattern = rankPattern
        adapter.alphaPattern = alphaPattern
        adapter.dropout = dropout
        return adapter
    }
}
