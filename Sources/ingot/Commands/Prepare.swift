// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotPipeline

struct Prepare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a recipe's prepare step: raw data in, examples and splits out."
    )

    @OptionGroup var recipe: RecipeOptions

    func run() throws {
        try recipe.run(through: .prepare)
    }
}
