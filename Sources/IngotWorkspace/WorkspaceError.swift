// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A store that is not where it was looked for, or a folder that cannot be one.
package struct WorkspaceError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
