// SPDX-License-Identifier: Apache-2.0

import Foundation
import IngotCore
import Synchronization

/// One line on standard error that is drawn over itself: a bar, a share and a note.
///
/// Where standard error is no terminal, a plain line now and then, so that a log shows life and
/// stays readable.
final class ProgressBar: Sendable {
    private let title: String
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private let lastDrawn: Mutex<ContinuousClock.Instant?>

    init(_ title: String) {
        self.title = title
        started = clock.now
        lastDrawn = Mutex(nil)
    }

    /// Between two lines in a log.
    private static let heartbeat: Duration = .seconds(30)

    /// Draws at most ten times a second; `fraction` is 0 to 1.
    func show(_ fraction: Double, note: String = "") {
        let now = clock.now
        guard Terminal.errorIsTerminal else { return log(fraction, note, now) }
        let isDue = lastDrawn.withLock { last in
            if let last, now - last < .milliseconds(100), fraction < 1 { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let share = min(max(fraction, 0), 1)
        let filled = Int(share * 24)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        let percent = FixedDecimal.text(share * 100, 0)
        write("\r\u{1B}[K\(title) \(bar) \(percent) %\(left(share)) \(note)")
    }

    /// The first line comes after a while: what is quick says nothing.
    private func log(_ fraction: Double, _ note: String, _ now: ContinuousClock.Instant) {
        let isDue = lastDrawn.withLock { last in
            guard now - (last ?? started) >= Self.heartbeat else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let share = min(max(fraction, 0), 1)
        let rest = note.isEmpty ? "" : ": \(note)"
        Terminal.printError("\(title) \(FixedDecimal.text(share * 100, 0)) %\(left(share))\(rest)")
    }

    /// Removes the line.
    func end() {
        guard Terminal.errorIsTerminal else { return }
        write("\r\u{1B}[K")
    }

    private func left(_ share: Double) -> String {
        let elapsed = clock.now - started
        guard (0.02..<1).contains(share), elapsed > .seconds(1) else { return "" }
        return ", \(Terminal.duration(elapsed * ((1 - share) / share))) left"
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
