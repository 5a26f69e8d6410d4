// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Something wrong with the bytes of a store, or with what was asked of it.
package struct StoreError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
