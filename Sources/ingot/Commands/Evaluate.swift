// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotPipeline

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a recipe up to its evaluate step: the candidate beside its baselines."
    )

    @OptionGroup var recipe: RecipeOptions
    @OptionGroup var training: TrainingFlags

    func run() throws {
        try recipe.run(through: .evaluate, training: training)
    }
}
