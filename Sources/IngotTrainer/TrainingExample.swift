// SPDX-License-Identifier: Apache-2.0

/// One sequence of tokens and which of them the model learns to predict.
package struct TrainingExample: Sendable, Equatable {
    package var tokens: [Int32]
    /// Whether token i contributes to the loss; it is predicted from the tokens before it, so the
    /// first one never does.
    package var isTrained: [Bool]

    package init(tokens: [Int32], isTrained: [Bool]) {
        precondition(tokens.count == isTrained.count, "a flag for every token")
        self.tokens = tokens
        self.isTrained = isTrained
    }

    /// Tokens that contribute to the loss.
    package var trainedCount: Int { isTrained.dropFirst().count(where: \.self) }
}
