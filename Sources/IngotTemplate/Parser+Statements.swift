// SPDX-License-Identifier: Apache-2.0

extension Parser {
    /// One tag up to its closing `%}`.
    ///
    /// `print` gives several statements, all others one.
    mutating func parseStatement() throws(TemplateError) -> [Statement] {
        let line = current.line
        guard current.kind == .name else { throw unexpected("the name of a tag") }
        let word = take().text
        let kind: Statement.Kind =
            switch word {
            case "if": try parseChoice()
            case "for": try parseLoop()
            case "set": try parseAssignment()
            case "macro": try parseMacro()
            case "call": try parseCallBlock()
            case "generation": .generation(try parseCallable(closedBy: "endgeneration"))
            case "with": try parseScope()
            case "filter": try parseFilterBlock()
            case "break": try parseLoopExit(.breakLoop, word)
            case "continue": try parseLoopExit(.continueLoop, word)
            case "print": .scope([], body: try parsePrint())
            case "include", "import", "from", "extends", "block", "autoescape", "do":
                throw TemplateError(
                    code: .unsupported,
                    line: line,
                    problem: "the tag '\(word)' is not available to chat templates; remove it"
                )
            default: throw fault("unknown tag '\(word)'; correct or remove it", line: line)
            }
        return [Statement(kind: kind, line: line)]
    }

    private mutating func parseChoice() throws(TemplateError) -> Statement.Kind {
        var branches: [(test: Expression?, body: [Statement])] = []
        while true {
            let test = try parseTuple(withConditional: false)
            let body = try parseInnerBlock(until: ["elif", "else", "endif"])
            branches.append((test, body))
            let word = take().text
            if word == "elif" { continue }
            if word == "else" { branches.append((nil, try parseBlock(closedBy: "endif"))) }
            return .choice(branches)
        }
    }

    private mutating func parseLoop() throws(TemplateError) -> Statement.Kind {
        let target = try parseTarget(allowsNamespace: false)
        try expect(name: "in")
        let source = try parseTuple(withConditional: false)
        let filter = takeIf(name: "if") ? try parseExpression() : nil
        guard !current.isName("recursive") else {
            throw TemplateError(
                code: .unsupported,
                line: current.line,
                problem: "recursive loops are not available to chat templates; use a macro"
            )
        }
        loopDepth += 1
        let body = try parseInnerBlock(until: ["endfor", "else"])
        loopDepth -= 1
        let otherwise = take().text == "else" ? try parseBlock(closedBy: "endfor") : []
        return .loop(
            Loop(
                target: target,
                source: source,
                filter: filter,
                body: body,
                otherwise: otherwise
            )
        )
    }

    private mutating func parseAssignment() throws(TemplateError) -> Statement.Kind {
        let target = try parseTarget(allowsNamespace: true)
        if takeIf(symbol: "=") { return .assignment(target, try parseTuple()) }
        var filter: Expression?
        if current.isSymbol("|") {
            let content = try node(.blockText, line: current.line)
            filter = try parseFilters(of: content)
        }
        return .blockAssignment(target, filter: filter, body: try parseBlock(closedBy: "endset"))
    }

    private mutating func parseMacro() throws(TemplateError) -> Statement.Kind {
        let name = try expectName()
        let (parameters, defaults) = try parseSignature()
        return .macro(
            try parseMacroBody(name, parameters, defaults, closedBy: "endmacro")
        )
    }

    private mutating func parseCallBlock() throws(TemplateError) -> Statement.Kind {
        let line = current.line
        let signature = current.isSymbol("(") ? try parseSignature() : ([], [])
        let call = try parseExpression()
        guard case .call = call.kind else {
            throw fault("'call' needs a call of a macro, such as 'f()'", line: line)
        }
        let body = try parseMacroBody("caller", signature.0, signature.1, closedBy: "endcall")
        return .call(call, body: body)
    }

    private mutating func parseSignature() throws(TemplateError) -> ([String], [Expression]) {
        var parameters: [String] = []
        var names = Set<String>()
        var defaults: [Expression] = []
        try expect(symbol: "(")
        while !current.isSymbol(")") {
            if !parameters.isEmpty { try expect(symbol: ",") }
            let name = try expectName()
            guard names.insert(name).inserted else {
                throw fault("the parameter '\(name)' appears twice; rename one")
            }
            parameters.append(name)
            if takeIf(symbol: "=") {
                defaults.append(try parseExpression())
            } else if !defaults.isEmpty {
                throw fault("the parameter '\(name)' needs a default like those before it")
            }
        }
        take()
        return (parameters, defaults)
    }

    private mutating func parseMacroBody(
        _ name: String,
        _ parameters: [String],
        _ defaults: [Expression],
        closedBy end: String
    ) throws(TemplateError) -> Macro {
        macroNames.append([])
        let body = try parseCallable(closedBy: end)
        let names = macroNames.removeLast()
        return Macro(
            name: name,
            parameters: parameters,
            defaults: defaults,
            body: body,
            takesMorePositional: names.contains("varargs"),
            takesMoreKeywords: names.contains("kwargs"),
            takesCaller: names.contains("caller") && !parameters.contains("caller")
        )
    }

    /// A body that Jinja compiles to a function: no `break` leaves it.
    private mutating func parseCallable(closedBy end: String) throws(TemplateError) -> [Statement] {
        let outerLoopDepth = loopDepth
        loopDepth = 0
        defer { loopDepth = outerLoopDepth }
        return try parseBlock(closedBy: end)
    }

    private mutating func parseScope() throws(TemplateError) -> Statement.Kind {
        var assignments: [(target: Target, value: Expression)] = []
        while current.kind != .blockEnd, !current.isSymbol(":") {
            if !assignments.isEmpty { try expect(symbol: ",") }
            let target = try parseTarget(allowsNamespace: false)
            try expect(symbol: "=")
            assignments.append((target, try parseExpression()))
        }
        return .scope(assignments, body: try parseBlock(closedBy: "endwith"))
    }

    private mutating func parseFilterBlock() throws(TemplateError) -> Statement.Kind {
        let content = try node(.blockText, line: current.line)
        var filter = try parseFilter(of: content)
        if current.isSymbol("|") { filter = try parseFilters(of: filter) }
        return .filterBlock(filter, body: try parseBlock(closedBy: "endfilter"))
    }

    private mutating func parseLoopExit(
        _ kind: Statement.Kind,
        _ word: String
    ) throws(TemplateError) -> Statement.Kind {
        guard loopDepth > 0 else {
            throw fault("'\(word)' outside of a loop; move it into a 'for' block")
        }
        return kind
    }

    private mutating func parsePrint() throws(TemplateError) -> [Statement] {
        var statements: [Statement] = []
        while current.kind != .blockEnd {
            if !statements.isEmpty { try expect(symbol: ",") }
            let line = current.line
            statements.append(Statement(kind: .print(try parseExpression()), line: line))
        }
        return statements
    }

    // MARK: Targets

    private mutating func parseTarget(allowsNamespace: Bool) throws(TemplateError) -> Target {
        let first = try parseSingleTarget(allowsNamespace: allowsNamespace)
        guard current.isSymbol(",") else { return first }
        var targets = [first]
        while takeIf(symbol: ",") {
            guard current.kind == .name || current.isSymbol("("), !current.isName("in") else {
                break
            }
            targets.append(try parseSingleTarget(allowsNamespace: allowsNamespace))
        }
        return .tuple(targets)
    }

    private mutating func parseSingleTarget(allowsNamespace: Bool) throws(TemplateError) -> Target {
        if takeIf(symbol: "(") {
            let target = try nested { parser throws(TemplateError) in
                try parser.parseTarget(allowsNamespace: allowsNamespace)
            }
            try expect(symbol: ")")
            return target
        }
        let name = try expectName()
        guard !Self.constants.contains(name) else {
            throw fault("'\(name)' cannot be assigned; choose another name")
        }
        guard allowsNamespace, takeIf(symbol: ".") else { return .name(name) }
        return .namespaceAttribute(name, try expectName())
    }

    private static let constants: Set<String> = ["true", "false", "none", "True", "False", "None"]
}
