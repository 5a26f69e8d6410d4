// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Why the model server did not do what it was asked, in words for whoever asked.
package struct InferenceError: IngotError, Hashable {
    package enum Code: Hashable, Sendable {
        case invalidRequest
        case modelNotFound
        /// Prompt and answer do not fit into the model's context.
        case contextTooLong
        case unknownPath
        /// The path exists; the payload is the method that it has.
        case methodNotAllowed(String)
        case bodyTooLarge
        /// The client was too slow to send its request.
        case requestTimeout
        /// As many requests wait as may wait.
        case queueFull
        case shuttingDown
        /// A model that cannot be served, or an address that cannot be used.
        case startup
        /// Wrong arguments of the program.
        case usage
    }

    package let code: Code
    package let message: String
    /// The field of the request that is wrong, where it is one.
    package let parameter: String?

    package init(_ code: Code, _ message: String, parameter: String? = nil) {
        self.code = code
        self.message = message
        self.parameter = parameter
    }

    static func invalid(_ parameter: String, _ problem: String) -> InferenceError {
        InferenceError(.invalidRequest, "\(parameter): \(problem)", parameter: parameter)
    }
}
