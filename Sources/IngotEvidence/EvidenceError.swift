// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A statement, key, head or proof that is malformed or does not hold; the message says what was
/// expected, what was found and what it means.
package struct EvidenceError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
