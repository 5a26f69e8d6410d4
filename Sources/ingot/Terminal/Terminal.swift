// SPDX-License-Identifier: Apache-2.0

import Foundation
import IngotCore

/// What the program knows of the terminal it talks to.
enum Terminal {
    /// Progress bars are drawn on standard error, and only for a person.
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    static func printError(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// `1.4 MB`: decimal units, as disks are sold.
    static func size(_ byteCount: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(byteCount)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(byteCount) B" : "\(FixedDecimal.text(value, 1)) \(units[unit])"
    }

    /// `3.2 s`, `4 min 10 s`.
    static func duration(_ duration: Duration) -> String {
        let seconds =
            Double(duration.components.seconds)
            + Double(duration.components.attoseconds) / 1e18
        guard seconds >= 100 else { return "\(FixedDecimal.text(seconds, 1)) s" }
        let whole = Int(seconds.rounded())
        return "\(whole / 60) min \(whole % 60) s"
    }
}
