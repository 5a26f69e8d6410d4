// SPDX-License-Identifier: Apache-2.0

/// Compares an estimate with the memory there is, and looks for settings that would do.
struct MemoryPlan {
    let estimate: MemoryEstimate
    let available: Int
    /// The estimate with fewer tokens at once, with blocks computed again, or with both.
    let changed: (_ tokensAtOnce: Int?, _ recomputesBlocks: Bool) -> MemoryEstimate

    /// Nil where the training fits; `longest` is the fewest tokens that a pass can have.
    func fault(longest: Int) -> TrainerError? {
        guard estimate.total > available else { return nil }
        let ways: [(String, MemoryEstimate)] = [
            ("--recompute-blocks", changed(nil, true)),
            ("--tokens-at-once \(longest)", changed(longest, false)),
            ("--recompute-blocks --tokens-at-once \(longest)", changed(longest, true)),
        ]
        let remedy: String
        if let (flags, fitting) = ways.first(where: { $0.1.total <= available }) {
            remedy = "\(flags) takes \(fitting), for the same result"
        } else if estimate.weights > available {
            remedy =
                "the base's weights alone take \(MemoryEstimate.text(estimate.weights)): use a quantised or a "
                + "smaller one"
        } else {
            remedy = "use a smaller base or a lower rank, or drop long examples"
        }
        return TrainerError(
            .notEnoughMemory,
            "the training needs about \(estimate), and \(MemoryEstimate.text(available)) are "
                + "available: \(remedy); --ignore-memory trains all the same"
        )
    }
}
