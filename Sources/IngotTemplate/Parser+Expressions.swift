// SPDX-License-Identifier: Apache-2.0

extension Parser {
    /// Expressions separated by commas make a tuple, one alone stays itself.
    mutating func parseTuple(
        withConditional: Bool = true,
        inParentheses: Bool = false
    ) throws(TemplateError) -> Expression {
        let line = current.line
        var elements: [Expression] = []
        var isTuple = false
        while true {
            if !elements.isEmpty { try expect(symbol: ",") }
            if endsTuple { break }
            elements.append(
                withConditional ? try parseExpression() : try parseDisjunction()
            )
            guard current.isSymbol(",") else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = elements.first { return only }
            guard inParentheses else { throw unexpected("an expression") }
        }
        return try node(.tuple(elements), line: line, over: elements.map(\.depth).max() ?? 0)
    }

    private var endsTuple: Bool {
        current.kind == .variableEnd || current.kind == .blockEnd || current.isSymbol(")")
    }

    mutating func parseExpression() throws(TemplateError) -> Expression {
        try nested { parser throws(TemplateError) in
            let line = parser.current.line
            var value = try parser.parseDisjunction()
            while parser.takeIf(name: "if") {
                let test = try parser.parseDisjunction()
                let otherwise = parser.takeIf(name: "else") ? try parser.parseExpression() : nil
                value = try parser.node(
                    .conditional(test: test, then: value, otherwise: otherwise),
                    line: line,
                    over: value.depth,
                    test.depth,
                    otherwise?.depth ?? 0
                )
            }
            return value
        }
    }

    private mutating func parseDisjunction() throws(TemplateError) -> Expression {
        let line = current.line
        var left = try parseConjunction()
        while takeIf(name: "or") {
            let right = try parseConjunction()
            left = try node(.or(left, right), line: line, over: left.depth, right.depth)
        }
        return left
    }

    private mutating func parseConjunction() throws(TemplateError) -> Expression {
        let line = current.line
        var left = try parseNegation()
        while takeIf(name: "and") {
            let right = try parseNegation()
            left = try node(.and(left, right), line: line, over: left.depth, right.depth)
        }
        return left
    }

    private mutating func parseNegation() throws(TemplateError) -> Expression {
        let line = current.line
        guard takeIf(name: "not") else { return try parseComparison() }
        let operand = try nested { parser throws(TemplateError) in try parser.parseNegation() }
        return try node(.not(operand), line: line, over: operand.depth)
    }

    private mutating func parseComparison() throws(TemplateError) -> Expression {
        let line = current.line
        let first = try parseSum()
        var operands: [(symbol: ComparisonOperator, operand: Expression)] = []
        while let comparison = takeComparison() {
            operands.append((comparison, try parseSum()))
        }
        guard !operands.isEmpty else { return first }
        let deepest = operands.map(\.operand.depth).max() ?? 0
        return try node(.comparison(first, operands), line: line, over: first.depth, deepest)
    }

    private mutating func takeComparison() -> ComparisonOperator? {
        if current.kind == .symbol, let symbol = ComparisonOperator(rawValue: current.text) {
            take()
            return symbol
        }
        if takeIf(name: "in") { return .contained }
        guard current.isName("not"), next.isName("in") else { return nil }
        take()
        take()
        return .notContained
    }

    private mutating func parseSum() throws(TemplateError) -> Expression {
        let line = current.line
        var left = try parseConcatenation()
        while let symbol = takeArithmetic("+", "-") {
            let right = try parseConcatenation()
            left = try node(
                .arithmetic(symbol, left, right),
                line: line,
                over: left.depth,
                right.depth
            )
        }
        return left
    }

    private mutating func parseConcatenation() throws(TemplateError) -> Expression {
        let line = current.line
        var parts = [try parseProduct()]
        while takeIf(symbol: "~") { parts.append(try parseProduct()) }
        guard parts.count > 1 else { return parts[0] }
        return try node(.concatenation(parts), line: line, over: parts.map(\.depth).max() ?? 0)
    }

    private mutating func parseProduct() throws(TemplateError) -> Expression {
        let line = current.line
        var left = try parsePower()
        while let symbol = takeArithmetic("*", "/", "//", "%") {
            let right = try parsePower()
            left = try node(
                .arithmetic(symbol, left, right),
                line: line,
                over: left.depth,
                right.depth
            )
        }
        return left
    }

    private mutating func parsePower() throws(TemplateError) -> Expression {
        let line = current.line
        var left = try parseSigned()
        while takeIf(symbol: "**") {
            let right = try parseSigned()
            left = try node(
                .arithmetic(.power, left, right),
                line: line,
                over: left.depth,
                right.depth
            )
        }
        return left
    }

    private mutating func takeArithmetic(_ symbols: String...) -> ArithmeticOperator? {
        guard current.kind == .symbol, symbols.contains(current.text) else { return nil }
        return ArithmeticOperator(rawValue: take().text)
    }

    /// A sign binds tighter than a filter: `-1|abs` is `(-1)|abs`.
    private mutating func parseSigned(withFilters: Bool = true) throws(TemplateError) -> Expression
    {
        let line = current.line
        var value: Expression
        if current.isSymbol("-") || current.isSymbol("+") {
            let isNegative = take().text == "-"
            let operand = try nested { parser throws(TemplateError) in
                try parser.parseSigned(withFilters: false)
            }
            value = try node(
                isNegative ? .negative(operand) : .positive(operand),
                line: line,
                over: operand.depth
            )
        } else {
            value = try parsePrimary()
        }
        value = try parsePostfix(of: value)
        return withFilters ? try parseFilters(of: value) : value
    }

    // MARK: Primaries

    /// The operand of a test written without parentheses: `x is divisibleby 3`.
    mutating func parseTestOperand() throws(TemplateError) -> Expression {
        try parsePostfix(of: try parsePrimary())
    }

    private mutating func parsePrimary() throws(TemplateError) -> Expression {
        let token = current
        switch token.kind {
        case .name:
            take()
            return try node(parseNameKind(token.text), line: token.line)
        case .string:
            var text = take().text
            while current.kind == .string { text += take().text }
            return try node(.constant(.string(text)), line: token.line)
        case .integer:
            guard let value = Int(token.text) else {
                throw fault("\(token.text) does not fit into 64 bits; use a smaller number")
            }
            take()
            return try node(.constant(.integer(value)), line: token.line)
        case .float:
            guard let value = Double(token.text) else { throw unexpected("a number") }
            take()
            return try node(.constant(.number(value)), line: token.line)
        case .symbol where token.text == "(":
            take()
            let value = try nested { parser throws(TemplateError) in
                try parser.parseTuple(inParentheses: true)
            }
            try expect(symbol: ")")
            return value
        case .symbol where token.text == "[": return try parseList()
        case .symbol where token.text == "{": return try parseDictionary()
        default: throw unexpected("an expression")
        }
    }

    private mutating func parseNameKind(_ name: String) -> Expression.Kind {
        switch name {
        case "true", "True": return .constant(.bool(true))
        case "false", "False": return .constant(.bool(false))
        case "none", "None": return .constant(.null)
        case "varargs", "kwargs", "caller":
            for index in macroNames.indices { macroNames[index].insert(name) }
            return .name(name)
        default: return .name(name)
        }
    }

    private mutating func parseList() throws(TemplateError) -> Expression {
        let line = take().line
        var elements: [Expression] = []
        while !current.isSymbol("]") {
            if !elements.isEmpty { try expect(symbol: ",") }
            if current.isSymbol("]") { break }
            elements.append(try parseExpression())
        }
        take()
        return try node(.list(elements), line: line, over: elements.map(\.depth).max() ?? 0)
    }

    private mutating func parseDictionary() throws(TemplateError) -> Expression {
        let line = take().line
        var members: [(key: Expression, value: Expression)] = []
        var deepest = 0
        while !current.isSymbol("}") {
            if !members.isEmpty { try expect(symbol: ",") }
            if current.isSymbol("}") { break }
            let key = try parseExpression()
            try expect(symbol: ":")
            let value = try parseExpression()
            deepest = max(deepest, key.depth, value.depth)
            members.append((key, value))
        }
        take()
        return try node(.dictionary(members), line: line, over: deepest)
    }
}
