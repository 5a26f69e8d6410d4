// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A DVC project, cache or remote that cannot be read or written as asked.
package struct DVCError: IngotError, Hashable {
    package let message: String

    package init(_ message: String) { self.message = message }
}
