// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Data that cannot be read or prepared, with the file, the place in it and the remedy.
package struct DataError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }

    /// A fault at a place: `sales.csv line 12: …`.
    package init(file: String, line: Int, _ problem: String) {
        message = "\(file) line \(line): \(problem)"
    }
}
