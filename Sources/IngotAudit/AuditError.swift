// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Something that cannot be audited because it is not there.
package struct AuditError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
