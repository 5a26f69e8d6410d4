// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotPipeline

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a recipe: prepare, train, evaluate, gate, promote, image.",
        discussion: """
            A step whose inputs, recipe part and program are unchanged is taken from the store. \
            Exit status 0 when the gate passed, 3 when it failed, 4 when it has no data.
            """
    )

    @OptionGroup var recipe: RecipeOptions
    @OptionGroup var training: TrainingFlags

    func run() throws {
        try recipe.run(through: .image, training: training)
    }
}
