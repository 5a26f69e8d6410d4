// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A version that cannot be sent or taken in.
package struct TransferError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
