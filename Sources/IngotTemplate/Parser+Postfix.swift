// SPDX-License-Identifier: Apache-2.0

/// Attributes, items, slices, calls, filters and tests.
extension Parser {
    mutating func parsePostfix(of start: Expression) throws(TemplateError) -> Expression {
        var value = start
        while current.kind == .symbol {
            switch current.text {
            case ".": value = try parseAttribute(of: value)
            case "[": value = try parseSubscript(of: value)
            case "(": value = try parseCall(of: value)
            default: return value
            }
        }
        return value
    }

    mutating func parseFilters(of start: Expression) throws(TemplateError) -> Expression {
        var value = start
        while true {
            if takeIf(symbol: "|") {
                value = try parseFilter(of: value)
            } else if current.isName("is") {
                value = try parseTest(of: value)
            } else if current.isSymbol("(") {
                value = try parseCall(of: value)
            } else {
                return value
            }
        }
    }

    mutating func parseFilter(of value: Expression) throws(TemplateError) -> Expression {
        let line = current.line
        let name = try parseDottedName()
        let arguments = current.isSymbol("(") ? try parseArguments() : Arguments()
        return try node(
            .filter(value, name, arguments),
            line: line,
            over: value.depth,
            arguments.depth
        )
    }

    private mutating func parseTest(of value: Expression) throws(TemplateError) -> Expression {
        let line = take().line
        let isNegated = takeIf(name: "not")
        let name = try parseDottedName()
        var arguments = Arguments()
        if current.isSymbol("(") {
            arguments = try parseArguments()
        } else if startsTestOperand {
            guard !current.isName("is") else {
                throw fault("tests cannot be chained with 'is'; join them with 'and'")
            }
            let operand = try nested { parser throws(TemplateError) in
                try parser.parseTestOperand()
            }
            arguments.positional = [operand]
        }
        let test = try node(
            .test(value, name, arguments),
            line: line,
            over: value.depth,
            arguments.depth
        )
        return isNegated ? try node(.not(test), line: line, over: test.depth) : test
    }

    private var startsTestOperand: Bool {
        switch current.kind {
        case .name: !["else", "or", "and"].contains(current.text)
        case .string, .integer, .float: true
        case .symbol: ["[", "{"].contains(current.text)
        default: false
        }
    }

    private mutating func parseDottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while takeIf(symbol: ".") { name += "." + (try expectName()) }
        return name
    }

    private mutating func parseAttribute(of value: Expression) throws(TemplateError) -> Expression {
        let line = take().line
        if current.kind == .integer, let index = Int(current.text) {
            take()
            let key = try node(.constant(.integer(index)), line: line)
            return try node(.item(value, key), line: line, over: value.depth)
        }
        return try node(.attribute(value, try expectName()), line: line, over: value.depth)
    }

    private mutating func parseSubscript(of value: Expression) throws(TemplateError) -> Expression {
        let line = take().line
        var start: Expression?
        if !current.isSymbol(":") {
            let first = try parseExpression()
            if current.isSymbol(",") { return try parseTupleItem(of: value, first: first) }
            if takeIf(symbol: "]") {
                return try node(.item(value, first), line: line, over: value.depth, first.depth)
            }
            start = first
        }
        try expect(symbol: ":")
        var stop: Expression?
        var step: Expression?
        if !current.isSymbol(":"), !current.isSymbol("]") { stop = try parseExpression() }
        if takeIf(symbol: ":"), !current.isSymbol("]") { step = try parseExpression() }
        try expect(symbol: "]")
        return try node(
            .slice(value, start: start, stop: stop, step: step),
            line: line,
            over: value.depth,
            start?.depth ?? 0,
            stop?.depth ?? 0,
            step?.depth ?? 0
        )
    }

    /// `value[a, b]`: a tuple as the key.
    private mutating func parseTupleItem(
        of value: Expression,
        first: Expression
    ) throws(TemplateError) -> Expression {
        var elements = [first]
        while takeIf(symbol: ",") { elements.append(try parseExpression()) }
        let line = current.line
        try expect(symbol: "]")
        let key = try node(.tuple(elements), line: line, over: elements.map(\.depth).max() ?? 0)
        return try node(.item(value, key), line: line, over: value.depth, key.depth)
    }

    private mutating func parseCall(of value: Expression) throws(TemplateError) -> Expression {
        let line = current.line
        let arguments = try parseArguments()
        return try node(.call(value, arguments), line: line, over: value.depth, arguments.depth)
    }

    private mutating func parseArguments() throws(TemplateError) -> Arguments {
        var arguments = Arguments()
        try expect(symbol: "(")
        var isFirst = true
        while !current.isSymbol(")") {
            if !isFirst { try expect(symbol: ",") }
            if current.isSymbol(")") { break }
            isFirst = false
            if takeIf(symbol: "*") {
                try require(arguments.spreadList == nil && arguments.spreadDictionary == nil)
                arguments.spreadList = try parseExpression()
            } else if takeIf(symbol: "**") {
                try require(arguments.spreadDictionary == nil)
                arguments.spreadDictionary = try parseExpression()
            } else if current.kind == .name, next.isSymbol("=") {
                try require(arguments.spreadDictionary == nil)
                let name = take().text
                take()
                arguments.keywords.append((name, try parseExpression()))
            } else {
                try require(
                    arguments.keywords.isEmpty && arguments.spreadList == nil
                        && arguments.spreadDictionary == nil
                )
                arguments.positional.append(try parseExpression())
            }
        }
        take()
        return arguments
    }

    private func require(_ isOrdered: Bool) throws(TemplateError) {
        guard isOrdered else {
            throw fault("arguments are out of order; write positional ones first, then named ones")
        }
    }
}
