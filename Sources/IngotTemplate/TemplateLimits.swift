// SPDX-License-Identifier: Apache-2.0

/// What a template may cost.
///
/// Templates arrive inside downloaded models: they are foreign code.
package struct TemplateLimits: Sendable {
    /// Bytes of source.
    ///
    /// The largest of about 150 published templates has 20 KB.
    package var sourceByteCount = 1 << 20
    /// Levels of the syntax tree: deeper ones could exhaust the parser's stack.
    package var nestingDepth = 96
    /// Statements and expressions being evaluated at once, macro calls included.
    package var evaluationDepth = 256
    /// Levels of lists and dictionaries inside one value.
    package var valueDepth = 96
    /// Expressions and statements evaluated, plus one for each 16 bytes of text handled.
    package var stepCount = 20_000_000
    /// Bytes of the rendered text and of any text made on the way: several times the longest
    /// context that a model can read.
    package var textByteCount = 16 << 20
    /// Elements of one list, dictionary or range.
    ///
    /// Jinja's own sandbox allows ranges of 100,000.
    package var elementCount = 1 << 20

    package init() {}
}
