// SPDX-License-Identifier: Apache-2.0

import IngotCore

/// A template that cannot be parsed, or a rendering that cannot go on, with the line of the source.
package struct TemplateError: IngotError {
    package enum Code: Sendable {
        /// The source is not a template of the supported language.
        case syntax
        /// Something the template needs was not given to it.
        case undefined
        /// An operation on values of the wrong kind.
        case type
        /// One of `TemplateLimits` was reached.
        case limit
        /// The template itself refused the conversation through `raise_exception`.
        case raised
        /// Valid Jinja that chat templates do not use and Ingot does not render.
        case unsupported
    }

    package let code: Code
    /// 1-based line of the template's source.
    package let line: Int
    /// What is wrong and what to do about it.
    package let problem: String

    package var message: String { "template line \(line): \(problem)" }
}
