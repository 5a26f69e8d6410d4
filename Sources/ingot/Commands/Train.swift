// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotPipeline

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a recipe up to its train step; shows loss, tokens/s and time left."
    )

    @OptionGroup var recipe: RecipeOptions
    @OptionGroup var training: TrainingFlags

    func run() throws {
        try recipe.run(through: .train, training: training)
    }
}
