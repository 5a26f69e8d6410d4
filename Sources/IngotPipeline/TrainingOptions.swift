// SPDX-License-Identifier: Apache-2.0

/// How a training is carried out on this machine, which is never part of its result.
package struct TrainingOptions: Sendable {
    /// Go on from the state that an interrupted training of the same key left.
    package var resumes = false
    /// Tokens computed at once; nil for what the recipe says.
    package var tokensAtOnce: Int?
    /// Compute blocks again on the way back; nil for what the recipe says.
    package var recomputesBlocks: Bool?
    /// Train although the estimate says that the memory is not enough.
    package var ignoresMemory = false

    package init() {}
}
