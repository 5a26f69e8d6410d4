// SPDX-License-Identifier: Apache-2.0

import Foundation
import IngotCore
import IngotPipeline
import Synchronization

/// Says at each step what it does and how long it took.
final class StepReporter: Sendable {
    private struct Current {
        let bar: ProgressBar
        let started: ContinuousClock.Instant
    }

    private let isQuiet: Bool
    private let clock = ContinuousClock()
    private let current = Mutex<Current?>(nil)

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ event: PipelineEvent) {
        switch event {
        case .stepStarted(let step):
            current.withLock { $0 = Current(bar: ProgressBar(step.rawValue), started: clock.now) }
            // On a terminal the bar says it.
            if !Terminal.errorIsTerminal { say("\(Self.padded(step)) …") }
        case .progress(_, let fraction, let note):
            current.withLock { $0?.bar.show(fraction, note: note) }
        case .note(let step, let text):
            say("\(Self.padded(step)) \(text)")
        case .stepFinished(let step, let summary, let isReused):
            let started = current.withLock { $0?.started }
            let time = started.map { Terminal.duration(clock.now - $0) } ?? ""
            let how = isReused ? "from the store: unchanged" : time
            say("\(Self.padded(step)) \(summary) (\(how))")
        }
    }

    private func say(_ line: String) {
        current.withLock { $0?.bar.end() }
        guard !isQuiet else { return }
        print(line)
        // A log file must show a step when it is done, not when the program ends.
        fflush(nil)
    }

    private static func padded(_ step: Step) -> String {
        step.rawValue + String(repeating: " ", count: 8 - step.rawValue.utf8.count)
    }
}
