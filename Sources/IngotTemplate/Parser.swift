// SPDX-License-Identifier: Apache-2.0

/// Reads tokens into statements.
///
/// Recursive descent in the order of Jinja's `parser.py`, bounded by
/// `TemplateLimits.nestingDepth`.
struct Parser {
    private let tokens: [Token]
    private let limits: TemplateLimits
    private var index = 0
    private var depth = 0
    /// Loops around the current place, inside the innermost macro.
    var loopDepth = 0
    /// Special names that each macro around the current place mentions, innermost last.
    var macroNames: [Set<String>] = []

    static func statements(
        of source: String,
        limits: TemplateLimits
    ) throws(TemplateError) -> [Statement] {
        guard source.utf8.count <= limits.sourceByteCount else {
            throw TemplateError(
                code: .limit,
                line: 1,
                problem: "the source has \(source.utf8.count) bytes, more than the"
                    + " \(limits.sourceByteCount) allowed; use a shorter template"
            )
        }
        var parser = Parser(tokens: try Lexer.tokens(of: source), limits: limits)
        let statements = try parser.parseBody(until: [])
        return statements
    }

    private init(tokens: [Token], limits: TemplateLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    // MARK: Tokens

    /// The lexer ends with `.end`, which is never passed.
    var current: Token { tokens[index] }

    var next: Token { tokens[min(index + 1, tokens.count - 1)] }

    @discardableResult
    mutating func take() -> Token {
        let token = tokens[index]
        if index + 1 < tokens.count { index += 1 }
        return token
    }

    mutating func takeIf(symbol: String) -> Bool {
        guard current.isSymbol(symbol) else { return false }
        take()
        return true
    }

    mutating func takeIf(name: String) -> Bool {
        guard current.isName(name) else { return false }
        take()
        return true
    }

    mutating func expect(symbol: String) throws(TemplateError) {
        guard takeIf(symbol: symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func expect(name: String) throws(TemplateError) {
        guard takeIf(name: name) else { throw unexpected("'\(name)'") }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard current.kind == .name else { throw unexpected("a name") }
        return take().text
    }

    mutating func expect(_ kind: Token.Kind, _ spelling: String) throws(TemplateError) {
        guard current.kind == kind else { throw unexpected(spelling) }
        take()
    }

    func unexpected(_ expected: String) -> TemplateError {
        fault("expected \(expected), found \(current.spelling)")
    }

    func fault(_ problem: String, line: Int? = nil) -> TemplateError {
        TemplateError(code: .syntax, line: line ?? current.line, problem: problem)
    }

    // MARK: Depth

    /// Every recursion of the parser passes through here, so the stack is bounded.
    mutating func nested<Value>(
        _ parse: (inout Parser) throws(TemplateError) -> Value
    ) throws(TemplateError) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.nestingDepth else { throw tooDeep() }
        return try parse(&self)
    }

    func node(
        _ kind: Expression.Kind,
        line: Int,
        over children: Int...
    ) throws(TemplateError) -> Expression {
        let depth = (children.max() ?? 0) + 1
        guard depth <= limits.nestingDepth else { throw tooDeep() }
        return Expression(kind: kind, line: line, depth: depth)
    }

    private func tooDeep() -> TemplateError {
        TemplateError(
            code: .limit,
            line: current.line,
            problem: "nested more than \(limits.nestingDepth) levels deep; simplify the template"
        )
    }

    // MARK: Text and tags

    /// Reads up to a tag named in `ends`, leaving its name as the current token.
    mutating func parseBody(until ends: [String]) throws(TemplateError) -> [Statement] {
        var statements: [Statement] = []
        while true {
            let line = current.line
            switch current.kind {
            case .data: statements.append(Statement(kind: .text(take().text), line: line))
            case .variableBegin:
                take()
                let value = try parseTuple()
                try expect(.variableEnd, "'}}'")
                statements.append(Statement(kind: .print(value), line: line))
            case .blockBegin:
                take()
                if current.kind == .name, ends.contains(current.text) { return statements }
                let parsed = try nested { parser throws(TemplateError) in
                    try parser.parseStatement()
                }
                statements += parsed
                try expect(.blockEnd, "'%}'")
            default:
                guard ends.isEmpty else {
                    throw fault(
                        "the template ends where '\(ends.joined(separator: "' or '"))' is expected"
                    )
                }
                return statements
            }
        }
    }

    /// Reads the end of the opening tag, the body, and the name of the closing tag.
    mutating func parseBlock(closedBy end: String) throws(TemplateError) -> [Statement] {
        let body = try parseInnerBlock(until: [end])
        take()
        return body
    }

    mutating func parseInnerBlock(until ends: [String]) throws(TemplateError) -> [Statement] {
        _ = takeIf(symbol: ":")
        try expect(.blockEnd, "'%}'")
        return try parseBody(until: ends)
    }
}
