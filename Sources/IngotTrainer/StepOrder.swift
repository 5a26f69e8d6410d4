// SPDX-License-Identifier: Apache-2.0

internal import IngotTensor

/// Which examples each step sees: a permutation per epoch, from seed and epoch alone.
struct StepOrder {
    let stepCount: Int
    private let exampleCount: Int
    private let examplesPerStep: Int
    private let random: Philox

    private static let stream: UInt32 = 0x4F52_4452

    init(
        exampleCount: Int,
        examplesPerStep: Int,
        length: TrainingConfiguration.Length,
        seed: UInt64
    ) {
        self.exampleCount = exampleCount
        self.examplesPerStep = examplesPerStep
        random = Philox(seed: seed)
        let perEpoch = (exampleCount + examplesPerStep - 1) / examplesPerStep
        switch length {
        case .epochs(let epochs): stepCount = perEpoch * epochs
        case .steps(let steps): stepCount = steps
        }
    }

    /// Indices for step 1, 2, …; an epoch's last step may have fewer.
    func examples(of step: Int) -> [Int] {
        let perEpoch = (exampleCount + examplesPerStep - 1) / examplesPerStep
        let epoch = (step - 1) / perEpoch
        let first = (step - 1) % perEpoch * examplesPerStep
        let order = random.permutation(
            exampleCount,
            stream: Self.stream,
            UInt32(truncatingIfNeeded: epoch)
        )
        return Array(order[first..<min(first + examplesPerStep, exampleCount)])
    }
}
