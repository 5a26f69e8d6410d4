// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// An image that cannot be built as asked, or an archive that is not the image it says.
package struct ImageError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
