// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotPipeline

/// How a training is carried out; none of it is part of the result.
struct TrainingFlags: ParsableArguments {
    @Flag(help: "Go on from the state that an interrupted training left.")
    var resume = false

    @Option(help: "Tokens computed at once: fewer take less memory; the result is the same.")
    var tokensAtOnce: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Compute blocks again on the way back: less memory, a third more time."
    )
    var recomputeBlocks: Bool?

    @Flag(help: "Train although the estimate says that the memory is not enough.")
    var ignoreMemory = false

    func validate() throws {
        guard tokensAtOnce.map({ (1...1_000_000_000).contains($0) }) ?? true else {
            throw ValidationError("--tokens-at-once: expected 1 or more")
        }
    }

    var options: TrainingOptions {
        var options = TrainingOptions()
        options.resumes = resume
        options.tokensAtOnce = tokensAtOnce
        options.recomputesBlocks = recomputeBlocks
        options.ignoresMemory = ignoreMemory
        return options
    }
}
