// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A promotion, rollback or image that cannot be made.
package struct DeployError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
