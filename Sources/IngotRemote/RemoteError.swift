// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What a remote did not do, and why, in one line.
package struct RemoteError: IngotError {
    package enum Reason: Sendable {
        /// Somebody else moved the tag meanwhile.
        case conflict
        /// Not there.
        case notFound
        /// No or wrong credentials, or no right to do this.
        case denied
        /// No connection, or none that lasts.
        case unreachable
        /// It answered something that it must not answer: wrong bytes, short or endless bodies.
        case untrue
        /// Everything else: full, read-only, a wrong address, unknown errors.
        case failed
    }

    package let reason: Reason
    package let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}
