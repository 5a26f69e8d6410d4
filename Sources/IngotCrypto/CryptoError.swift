// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A key that cannot be read or used.
package struct CryptoError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
