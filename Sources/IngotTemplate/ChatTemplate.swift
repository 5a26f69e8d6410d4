// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A chat template of a model: Jinja, rendered to the bytes that Python's `jinja2` gives in the
/// environment of `transformers` (`trim_blocks`, `lstrip_blocks`, loop controls, `generation`).
///
/// Values print, compare and slice as in Python. Beyond what a published template needs, the
/// language ends: no includes, no inheritance, no recursive loops. Parsed once, rendered often.
package struct ChatTemplate: Sendable {
    package let source: String
    private let statements: [Statement]
    private let limits: TemplateLimits

    /// - Throws: `TemplateError` with the line where the source is not a template.
    package init(source: String, limits: TemplateLimits = TemplateLimits()) throws(TemplateError) {
        self.source = source
        self.limits = limits
        statements = try Parser.statements(of: source, limits: limits)
    }

    /// The prompt text.
    ///
    /// - Parameters:
    ///   - variables: `messages`, `add_generation_prompt`, `tools`, `bos_token` and what else the
    ///     template reads. A missing one is undefined; `nil` in Python is `.null` here.
    ///   - now: what `strftime_now(format)` gives, or nil where no date must enter the text.
    /// - Returns: The text, without a trailing end token or anything else of Ingot's own.
    /// - Throws: `TemplateError`: `.raised` when the template refuses the messages.
    package func render(
        _ variables: [String: TemplateValue],
        now: ((String) -> String)? = nil
    ) throws(TemplateError) -> String {
        try Interpreter(variables: variables, limits: limits, clock: now).render(statements)
    }

    package func render(
        _ variables: [String: JSONValue],
        now: ((String) -> String)? = nil
    ) throws(TemplateError) -> String {
        try render(variables.mapValues { TemplateValue($0) }, now: now)
    }

    /// The text and the places, in UTF-8 bytes, that `{% generation %}` blocks rendered: what an
    /// assistant says, in order.
    ///
    /// Empty for a template without such blocks.
    package func renderWithSpans(
        _ variables: [String: TemplateValue],
        now: ((String) -> String)? = nil
    ) throws(TemplateError) -> (text: String, generationSpans: [Range<Int>]) {
        let interpreter = Interpreter(variables: variables, limits: limits, clock: now)
        let text = try interpreter.render(statements)
        guard !interpreter.hasCapturedGeneration else {
            throw TemplateError(
                code: .unsupported,
                line: interpreter.line,
                problem: "a 'generation' block inside a macro or a 'set' block has no known place;"
                    + " move it to the top level"
            )
        }
        return (text, interpreter.generationSpans)
    }

    package func renderWithSpans(
        _ variables: [String: JSONValue],
        now: ((String) -> String)? = nil
    ) throws(TemplateError) -> (text: String, generationSpans: [Range<Int>]) {
        try renderWithSpans(variables.mapValues { TemplateValue($0) }, now: now)
    }
}
