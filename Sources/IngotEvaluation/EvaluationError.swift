// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Scores, an evaluation or a gate file that cannot be used.
package struct EvaluationError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
