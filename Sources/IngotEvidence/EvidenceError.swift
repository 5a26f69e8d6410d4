// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotFiles

/// A statement, key, head or proof that is malformed or does not hold; the message says what was
/// expected, what was found and what it means.
package struct EvidenceError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}

extension EvidenceError {
    /// Runs a body and gives its errors the place that they are about.
    static func locating<Value>(
        _ place: String,
        _ body: () throws -> Value
    ) throws(EvidenceError) -> Value {
        do {
            return try body()
        } catch let error as EvidenceError {
            throw error
        } catch let error as FileError {
            // It names its path itself.
            throw EvidenceError(error.message)
        } catch { throw EvidenceError("\(place): \(error)") }
    }
}
