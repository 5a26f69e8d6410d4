// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotTrainer

@Suite struct ScheduleTests {
    @Test("warm-up rises from above zero, the peak follows it, the end is near zero")
    func shape() {
        for schedule in Schedule.allCases {
            #expect(schedule.factor(step: 1, steps: 10, warmup: 3) == 0.25)
            #expect(schedule.factor(step: 3, steps: 10, warmup: 3) == 0.75)
            #expect(schedule.factor(step: 4, steps: 10, warmup: 3) == 1)
        }
        #expect(Schedule.constant.factor(step: 10, steps: 10, warmup: 3) == 1)
        let last = Schedule.linear.factor(step: 10, steps: 10, warmup: 3)
        #expect(abs(last - 1.0 / 7) < 1e-12)
        #expect(Schedule.cosine.factor(step: 10, steps: 10, warmup: 3) < 0.06)
        let middle = Schedule.cosine.factor(step: 6, steps: 10, warmup: 0)
        #expect(abs(middle - 0.5) < 1e-12)
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
