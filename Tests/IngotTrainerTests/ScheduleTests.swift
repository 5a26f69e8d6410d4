// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotTrainer

@Suite struct ScheduleTests {
    struct Curve: Sendable {
        let schedule: Schedule
        let steps: Int
        let warmup: Int
        let factors: [Double]
    }

    /// `transformers.get_scheduler` 5.24 with a rate of 1: the rate that each step uses.
    static let curves = [
        Curve(
            schedule: .cosine,
            steps: 10,
            warmup: 3,
            factors: [
                0, 0.3333333333333333, 0.6666666666666666, 1, 0.9504844339512095,
                0.8117449009293668, 0.6112604669781572, 0.38873953302184283, 0.18825509907063326,
                0.04951556604879048,
            ]
        ),
        Curve(
            schedule: .cosine,
            steps: 7,
            warmup: 0,
            factors: [
                1, 0.9504844339512095, 0.8117449009293668, 0.6112604669781572,
                0.38873953302184283, 0.18825509907063326, 0.04951556604879048,
            ]
        ),
        Curve(
            schedule: .linear,
            steps: 10,
            warmup: 3,
            factors: [
                0, 0.3333333333333333, 0.6666666666666666, 1, 0.8571428571428571,
                0.7142857142857143, 0.5714285714285714, 0.42857142857142855, 0.2857142857142857,
                0.14285714285714285,
            ]
        ),
        Curve(schedule: .linear, steps: 5, warmup: 5, factors: [0, 0.2, 0.4, 0.6, 0.8]),
        Curve(
            schedule: .constant,
            steps: 6,
            warmup: 3,
            factors: [0, 0.3333333333333333, 0.6666666666666666, 1, 1, 1]
        ),
    ]

    @Test("the rates are those of transformers' schedulers", arguments: curves)
    func shape(curve: Curve) {
        for (index, expected) in curve.factors.enumerated() {
            let factor = curve.schedule.factor(
                step: index + 1,
                steps: curve.steps,
                warmup: curve.warmup
            )
            #expect(abs(factor - expected) < 1e-12)
        }
    }

    @Test("an epoch has every example once, in an order of its own")
    func order() {
        let order = StepOrder(
            exampleCount: 10,
            examplesPerStep: 4,
            length: .epochs(2),
            seed: 1
        )
        #expect(order.stepCount == 6)
        let first = (1...3).flatMap { order.examples(of: $0) }
        let second = (4...6).flatMap { order.examples(of: $0) }
        #expect(first.sorted() == Array(0..<10) && second.sorted() == Array(0..<10))
        #expect(first != second)
        #expect(order.examples(of: 3).count == 2)
    }
}
