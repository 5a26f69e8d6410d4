// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// An archive that cannot be written as asked, or a user's archive that cannot be trusted.
package struct ArchiveError: IngotError, Hashable {
    package let message: String

    package init(_ message: String) { self.message = message }
}
