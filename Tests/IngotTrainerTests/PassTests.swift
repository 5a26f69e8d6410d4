// SPDX-License-Identifier: Apache-2.0

import IngotModel
import Testing

@testable import IngotTrainer

/// What is computed together, and what is computed twice, decides memory alone.
@Suite struct PassTests {
    typealias Samples = TrainerSamples

    struct Split: Sendable {
        let tokensAtOnce: Int
        let recomputesBlocks: Bool
        let threads: Int
    }

    static let splits = [1, 14, 25, 40, 1000].flatMap { tokens in
        (1...3).map {
            Split(tokensAtOnce: tokens, recomputesBlocks: ($0 + tokens) % 2 == 0, threads: $0)
        }
    }

    private static let whole = Result { try train { _ in } }

    private static func train(
        _ change: (inout TrainingConfiguration) -> Void
    ) throws -> TrainingResult {
        var settings = Samples.settings
        settings.length = .steps(6)
        settings.validationInterval = 3
        settings.dropout = 0.2
        change(&settings)
        var trainer = try Trainer(
            model: Samples.model,
            configuration: settings,
            initial: Samples.adapter()
        )
        return try trainer.train(
            examples: Samples.examples(30),
            validation: Samples.examples(7, seed: 2)
        ) { _ in }
    }

    @Test(
        "any cut into passes, with blocks kept or computed again: the same bits",
        arguments: splits
    )
    func sameBits(split: Split) throws {
        let whole = try Self.whole.get()
        let other = try Self.train {
            $0.tokensAtOnce = split.tokensAtOnce
            $0.recomputesBlocks = split.recomputesBlocks
            $0.threads = split.threads
        }
        #expect(other.adapter == whole.adapter)
        #expect(other.metrics.map(\.loss) == whole.metrics.map(\.loss))
        #expect(other.metrics.map(\.gradientNorm) == whole.metrics.map(\.gradientNorm))
        #expect(other.metrics.map(\.validationLoss) == whole.metrics.map(\.validationLoss))
    }
}
