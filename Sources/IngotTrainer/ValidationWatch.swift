// SPDX-License-Identifier: Apache-2.0

/// When a training stops because its validations no longer improve.
package struct EarlyStopping: Sendable, Equatable {
    /// Validations in a row without an improvement that end the training.
    package var patience: Int
    /// An improvement is a loss that is lower than the best so far by more than this.
    package var minimumImprovement: Double

    package init(patience: Int, minimumImprovement: Double = 0) {
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }
}

/// Follows the validations of a training; counts as `transformers`' EarlyStoppingCallback does.
struct ValidationWatch {
    private let stopping: EarlyStopping?
    private(set) var bestStep: Int?
    private var bestLoss = Double.infinity
    private var waited = 0

    init(_ stopping: EarlyStopping?) { self.stopping = stopping }

    /// Whether the loss is the best so far; the earlier one among equals.
    mutating func add(_ loss: Double, step: Int) -> Bool {
        let improvement = bestStep == nil ? Double.infinity : bestLoss - loss
        waited = improvement > (stopping?.minimumImprovement ?? 0) ? 0 : waited + 1
        guard loss < bestLoss else { return false }
        bestLoss = loss
        bestStep = step
        return true
    }

    /// Whether patience has run out.
    var isOver: Bool { stopping.map { waited >= $0.patience } ?? false }
}
