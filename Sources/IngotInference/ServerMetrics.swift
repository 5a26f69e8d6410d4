// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// What dashboards and autoscalers ask a model server, under the names that vLLM made common.
package final class ServerMetrics: Sendable {
    private let values = Mutex(Values())

    package init() {}

    struct Values {
        var running = 0
        var waiting = 0
        var promptTokens = 0
        var cachedTokens = 0
        var generatedTokens = 0
        var succeeded: [FinishReason: Int] = [:]
        var queueSeconds = Histogram(bounds: Histogram.latencyBounds)
        var firstTokenSeconds = Histogram(bounds: Histogram.latencyBounds)
        var perTokenSeconds = Histogram(bounds: Histogram.tokenBounds)
        var wholeSeconds = Histogram(bounds: Histogram.latencyBounds)
    }

    /// The times of one running request.
    struct Timing {
        let acceptedAt: ContinuousClock.Instant
        private(set) var firstTokenAt: ContinuousClock.Instant?
        private(set) var lastTokenAt: ContinuousClock.Instant?

        init(acceptedAt: ContinuousClock.Instant) { self.acceptedAt = acceptedAt }

        mutating func sawToken() {
            lastTokenAt = .now
            firstTokenAt = firstTokenAt ?? lastTokenAt
        }
    }

    func requestIsWaiting() { values.withLock { $0.waiting += 1 } }

    func requestStarted(waitingSince start: ContinuousClock.Instant) -> Timing {
        values.withLock {
            $0.waiting -= 1
            $0.running += 1
            $0.queueSeconds.record(.now - start)
        }
        return Timing(acceptedAt: start)
    }

    func requestEnded(started: Bool) {
        values.withLock { if started { $0.running -= 1 } else { $0.waiting -= 1 } }
    }

    func requestSucceeded(_ reason: FinishReason, _ usage: TokenUsage, _ timing: Timing) {
        values.withLock {
            $0.succeeded[reason, default: 0] += 1
            $0.promptTokens += usage.prompt
            $0.cachedTokens += usage.cached
            $0.generatedTokens += usage.completion
            $0.wholeSeconds.record(.now - timing.acceptedAt)
            guard let first = timing.firstTokenAt, let last = timing.lastTokenAt else { return }
            $0.firstTokenSeconds.record(first - timing.acceptedAt)
            if usage.completion > 1 {
                $0.perTokenSeconds.record((last - first) / (usage.completion - 1))
            }
        }
    }

    func snapshot() -> Values { values.withLock { $0 } }
}

/// A Prometheus histogram: counts below bounds, sum and count.
struct Histogram: Sendable {
    let bounds: [Double]
    private(set) var counts: [Int]
    private(set) var sum = 0.0
    private(set) var count = 0

    /// Seconds, from a short classification to a long answer on a slow machine.
    static let latencyBounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    static let tokenBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count)
    }

    mutating func record(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        sum += seconds
        count += 1
        for (index, bound) in bounds.enumerated() where seconds <= bound { counts[index] += 1 }
    }
}
