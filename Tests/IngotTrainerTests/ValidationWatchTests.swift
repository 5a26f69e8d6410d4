// SPDX-License-Identifier: Apache-2.0

import IngotModel
import Testing

@testable import IngotTrainer

@Suite struct ValidationWatchTests {
    typealias Samples = TrainerSamples

    struct Case: Sendable {
        let stopping: EarlyStopping
        let losses: [Double]
        let isBest: [Bool]
        let isOver: [Bool]
    }

    static let cases = [
        Case(
            stopping: EarlyStopping(patience: 2),
            losses: [3, 2, 2, 1.9, .nan, 1.95],
            isBest: [true, true, false, true, false, false],
            isOver: [false, false, false, false, false, true]
        ),
        // An improvement that is too small is the best, and still costs patience.
        Case(
            stopping: EarlyStopping(patience: 2, minimumImprovement: 0.5),
            losses: [3, 2.8, 2.7],
            isBest: [true, true, true],
            isOver: [false, false, true]
        ),
    ]

    @Test(
        "the earliest lowest loss is the best; patience counts what does not improve",
        arguments: cases
    )
    func best(test: Case) {
        var watch = ValidationWatch(test.stopping)
        var isBest: [Bool] = []
        var isOver: [Bool] = []
        for (index, loss) in test.losses.enumerated() {
            isBest.append(watch.add(loss, step: index + 1))
            isOver.append(watch.isOver)
        }
        #expect(isBest == test.isBest && isOver == test.isOver)
        #expect(watch.bestStep == test.isBest.lastIndex(of: true).map { $0 + 1 })
    }

    private func train(_ settings: TrainingConfiguration) throws -> TrainingResult {
        var trainer = try Trainer(model: Samples.model, configuration: settings)
        return try trainer.train(
            examples: Samples.examples(8),
            validation: Samples.examples(6, seed: 2)
        ) { _ in }
    }

    /// Few examples and a high rate: the validation soon gets worse.
    private static var settings: TrainingConfiguration {
        var settings = Samples.settings
        settings.schedule = .constant
        settings.learningRate = 2e-2
        settings.validationInterval = 2
        settings.length = .steps(30)
        return settings
    }

    @Test("the adapter is that of the best validation, as if the training had ended there")
    func keepsBest() throws {
        var settings = Self.settings
        settings.keepsBest = true
        let result = try train(settings)
        let validations = result.metrics.compactMap(\.validationLoss)
        #expect(result.validationLoss == validations.min())
        #expect(result.step < 30)
        settings.length = .steps(result.step)
        settings.keepsBest = false
        let isSame = try train(settings).adapter == result.adapter
        #expect(isSame)
    }

    @Test("without improvement the training stops after its patience")
    func stopsEarly() throws {
        var settings = Self.settings
        settings.keepsBest = true
        settings.earlyStopping = EarlyStopping(patience: 3)
        let stopped = try train(settings)
        #expect(stopped.metrics.count == stopped.step + 6)
        #expect(stopped.metrics.count < 30)
        settings.length = .steps(stopped.step)
        let isSame = try train(settings).adapter == stopped.adapter
        #expect(isSame)
    }
}
