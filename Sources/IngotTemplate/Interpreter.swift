// SPDX-License-Identifier: Apache-2.0

/// Renders one syntax tree once.
///
/// Owns everything a template can change or refer to.
///
/// Invariants:
///
/// (1) Every recursion passes `nested`, so the stack is bounded by `evaluationDepth`.
/// (2) Every piece of work passes `charge`, so the time is bounded by `stepCount`.
/// (3) Values refer to macros, namespaces, iterators and loops by index, never by reference: there
///     are no cycles, and nothing outlives the interpreter.
final class Interpreter {
    let limits: TemplateLimits
    private let clock: ((String) -> String)?
    /// The line being evaluated, for errors.
    var line = 1
    private var stepCount = 0
    private var depth = 0

    /// The rendered text, and above it the texts of blocks being captured.
    var buffers: [TextWriter]
    var scope: Scope
    var namespaces: [TemplateDictionary] = []
    var macros: [MacroClosure] = []
    var iterators: [TemplateIterator] = []
    /// The loops around the current place, innermost last.
    var loops: [LoopState] = []
    var loopCount = 0
    /// Texts that the filters of `{% filter %}` and `{% set %}` blocks are applied to.
    var blockTexts: [String] = []
    /// UTF-8 offsets in the rendered text.
    var generationSpans: [Range<Int>] = []
    /// Set when a `generation` block lies in a captured text, whose place is then unknown.
    var hasCapturedGeneration = false

    init(
        variables: [String: TemplateValue],
        limits: TemplateLimits,
        clock: ((String) -> String)?
    ) {
        self.limits = limits
        self.clock = clock
        buffers = [TextWriter(byteLimit: limits.textByteCount)]
        // Assignments of the template go to a scope of their own, above the given variables.
        scope = Scope(parent: Scope(parent: nil, variables: variables))
    }

    func render(_ statements: [Statement]) throws(TemplateError) -> String {
        do {
            _ = try execute(statements)
        } catch {
            throw TemplateError(code: error.code, line: line, problem: error.problem)
        }
        return buffers[0].text
    }

    // MARK: Limits

    func charge(_ steps: Int = 1) throws(TemplateFault) {
        // Both are at most the number of bytes in memory or the limit, so the sum cannot overflow.
        stepCount += steps
        guard stepCount <= limits.stepCount else {
            throw TemplateFault(
                code: .limit,
                problem: "the rendering takes more than \(limits.stepCount) steps;"
                    + " shorten the conversation or simplify the template"
            )
        }
    }

    /// For copying a text.
    ///
    /// Work on each of its characters costs four times as much.
    func charge(for text: String, isScanned: Bool = false) throws(TemplateFault) {
        try charge(text.utf8.count >> (isScanned ? 2 : 4))
    }

    func nested<Value>(
        _ work: () throws(TemplateFault) -> Value
    ) throws(TemplateFault) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.evaluationDepth else {
            throw TemplateFault(
                code: .limit,
                problem: "more than \(limits.evaluationDepth) levels of calls and expressions;"
                    + " flatten the data or simplify the template"
            )
        }
        return try work()
    }

    // MARK: Making values

    func makeString(_ text: String, marked: Bool = false) throws(TemplateFault) -> TemplateValue {
        try charge(for: text)
        guard text.utf8.count <= limits.textByteCount else { throw tooLong() }
        return marked ? .markup(text) : .string(text)
    }

    func tooLong() -> TemplateFault {
        TemplateFault(
            code: .limit,
            problem: "a text exceeds \(limits.textByteCount) bytes; shorten the messages"
        )
    }

    func makeList(_ elements: [TemplateValue]) throws(TemplateFault) -> TemplateValue {
        .list(try checked(elements))
    }

    func makeTuple(_ elements: [TemplateValue]) throws(TemplateFault) -> TemplateValue {
        .tuple(try checked(elements))
    }

    func makeIterator(_ elements: [TemplateValue]) throws(TemplateFault) -> TemplateValue {
        // Kept until the end of the rendering, so it costs more than a list.
        try charge(32)
        iterators.append(TemplateIterator(elements: try checked(elements).elements))
        return .handle(.iterator(iterators.count - 1))
    }

    func makeDictionary(_ dictionary: TemplateDictionary) throws(TemplateFault) -> TemplateValue {
        try check(count: dictionary.count, depth: dictionary.depth)
        return .dictionary(dictionary)
    }

    private func checked(_ elements: [TemplateValue]) throws(TemplateFault) -> TemplateList {
        let list = TemplateList(elements)
        try check(count: elements.count, depth: list.depth)
        return list
    }

    private func check(count: Int, depth: Int) throws(TemplateFault) {
        try charge(count + 4)
        guard count <= limits.elementCount else {
            throw TemplateFault(
                code: .limit,
                problem: "more than \(limits.elementCount) elements; shorten the conversation"
            )
        }
        guard depth <= limits.valueDepth else {
            throw TemplateFault(
                code: .limit,
                problem: "a value nests more than \(limits.valueDepth) levels; flatten it"
            )
        }
    }

    // MARK: Text

    func write(_ text: String) throws(TemplateFault) {
        try charge(for: text)
        try buffers[buffers.count - 1].write(text)
    }

    func write(_ value: TemplateValue) throws(TemplateFault) {
        if let text = value.text { try write(text) } else { try write(text(of: value)) }
    }

    /// Python's `str(x)`.
    func text(of value: TemplateValue) throws(TemplateFault) -> String {
        if let text = value.text { return text }
        var writer = TextWriter(byteLimit: limits.textByteCount)
        try value.writeText(to: &writer)
        try charge(for: writer.text)
        return writer.text
    }

    /// What the statements write, instead of writing it.
    func capture(
        _ statements: [Statement]
    ) throws(TemplateFault) -> (text: String, exit: LoopExit?) {
        buffers.append(TextWriter(byteLimit: limits.textByteCount))
        let exit = try execute(statements)
        return (buffers.removeLast().text, exit)
    }

    func now(_ format: String) throws(TemplateFault) -> String {
        guard let clock else {
            throw TemplateFault(
                code: .undefined,
                problem: "the template asks for the date; render it with a clock"
            )
        }
        return clock(format)
    }
}

/// The names of a block.
///
/// Lookups go outwards, assignments stay here.
final class Scope {
    private let parent: Scope?
    private var variables: [String: TemplateValue]

    init(parent: Scope?, variables: [String: TemplateValue] = [:]) {
        self.parent = parent
        self.variables = variables
    }

    func value(of name: String) -> TemplateValue? {
        var scope: Scope? = self
        while let current = scope {
            if let value = current.variables[name] { return value }
            scope = current.parent
        }
        return nil
    }

    func set(_ name: String, to value: TemplateValue) { variables[name] = value }
}

struct MacroClosure {
    let macro: Macro
    let scope: Scope
}

/// A generator: what was taken from it is gone.
struct TemplateIterator {
    let elements: [TemplateValue]
    var position = 0

    mutating func takeAll() -> [TemplateValue] {
        defer { position = elements.count }
        return Array(elements[position...])
    }
}

/// How a body left the loop around it early.
enum LoopExit { case breakLoop, continueLoop }
