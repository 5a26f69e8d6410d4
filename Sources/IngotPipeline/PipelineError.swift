// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A recipe that cannot be read, or a step that cannot be carried out.
package struct PipelineError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}
