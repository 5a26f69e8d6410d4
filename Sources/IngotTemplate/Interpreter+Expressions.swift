// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    func evaluate(_ expression: Expression) throws(TemplateFault) -> TemplateValue {
        line = expression.line
        try charge()
        switch expression.kind {
        case .constant(let value): return value
        case .name(let name): return value(ofName: name)
        default:
            return try nested { () throws(TemplateFault) in try evaluateInner(expression) }
        }
    }

    private func evaluateInner(_ expression: Expression) throws(TemplateFault) -> TemplateValue {
        switch expression.kind {
        case .attribute(let value, let name): try attribute(name, of: try evaluate(value))
        case .item(let value, let key): try item(try evaluate(key), of: try evaluate(value))
        case .slice(let value, let start, let stop, let step):
            try evaluateSlice(of: value, start, stop, step)
        case .call(let function, let arguments):
            try call(try evaluate(function), try evaluate(arguments))
        case .filter(let value, let name, let arguments):
            try evaluateFilter(name, value, arguments)
        case .test(let value, let name, let arguments):
            .bool(try test(name, try evaluate(value), try evaluate(arguments)))
        case .arithmetic(let symbol, let left, let right):
            try arithmetic(symbol, try evaluate(left), try evaluate(right))
        case .comparison(let first, let operands): try evaluateComparison(first, operands)
        default: try evaluateRarer(expression)
        }
    }

    /// Split from `evaluateInner` to keep the stack frame of each small.
    private func evaluateRarer(_ expression: Expression) throws(TemplateFault) -> TemplateValue {
        switch expression.kind {
        case .and(let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? try evaluate(right) : value
        case .or(let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? value : try evaluate(right)
        case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test).isTrue { return try evaluate(then) }
            guard let otherwise else {
                return .undefined(
                    .other("the 'if' expression was false and has no 'else'; add one")
                )
            }
            return try evaluate(otherwise)
        case .concatenation(let parts): return try evaluateConcatenation(parts)
        case .list(let elements): return try makeList(try evaluate(elements))
        case .tuple(let elements): return try makeTuple(try evaluate(elements))
        case .dictionary(let members): return try evaluateDictionary(members)
        case .negative(let operand):
            return try negated(try evaluate(operand))
        case .positive(let operand): return try number(try evaluate(operand), "+")
        case .blockText: return .string(blockTexts.last ?? "")
        default: return .null
        }
    }

    private func value(ofName name: String) -> TemplateValue {
        if let value = scope.value(of: name) { return value }
        if let function = GlobalFunction(rawValue: name) { return .handle(.function(function)) }
        return .undefined(.name(name))
    }

    private func evaluate(_ expressions: [Expression]) throws(TemplateFault) -> [TemplateValue] {
        var values: [TemplateValue] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    func evaluate(_ arguments: Arguments) throws(TemplateFault) -> CallArguments {
        var values = CallArguments()
        values.positional = try evaluate(arguments.positional)
        for keyword in arguments.keywords {
            values.keywords.append((keyword.name, try evaluate(keyword.value)))
        }
        if let list = arguments.spreadList {
            values.positional += try elements(of: try evaluate(list))
        }
        if let spread = arguments.spreadDictionary {
            guard case .dictionary(let dictionary) = try evaluate(spread) else {
                throw .type("'**' needs a dictionary; pass one")
            }
            for (key, value) in zip(dictionary.keys, dictionary.values) {
                guard let name = key.text else { throw .type("'**' needs names as keys") }
                values.keywords.append((name, value))
            }
        }
        return values
    }

    private func evaluateDictionary(
        _ members: [(key: Expression, value: Expression)]
    ) throws(TemplateFault) -> TemplateValue {
        var dictionary = TemplateDictionary()
        for member in members {
            let key = try evaluate(member.key)
            guard TemplateDictionary.canHold(key: key) else {
                throw .type("a \(key.kindName) cannot be a key; use a string or a number")
            }
            dictionary.set(key, to: try evaluate(member.value))
        }
        return try makeDictionary(dictionary)
    }

    private func evaluateConcatenation(
        _ parts: [Expression]
    ) throws(TemplateFault) -> TemplateValue {
        var writer = TextWriter(byteLimit: limits.textByteCount)
        for part in parts { try writer.write(try text(of: try evaluate(part))) }
        return try makeString(writer.text)
    }

    private func evaluateComparison(
        _ first: Expression,
        _ operands: [(symbol: ComparisonOperator, operand: Expression)]
    ) throws(TemplateFault) -> TemplateValue {
        var left = try evaluate(first)
        for (symbol, operand) in operands {
            let right = try evaluate(operand)
            guard try compare(symbol, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func compare(
        _ symbol: ComparisonOperator,
        _ left: TemplateValue,
        _ right: TemplateValue
    ) throws(TemplateFault) -> Bool {
        switch symbol {
        case .equal: try equals(left, right)
        case .notEqual: !(try equals(left, right))
        case .less: try order(left, right).map { $0 < 0 } ?? false
        case .lessOrEqual: try order(left, right).map { $0 <= 0 } ?? false
        case .greater: try order(left, right).map { $0 > 0 } ?? false
        case .greaterOrEqual: try order(left, right).map { $0 >= 0 } ?? false
        case .contained: try contains(left, in: right)
        case .notContained: !(try contains(left, in: right))
        }
    }

    private func evaluateFilter(
        _ name: String,
        _ value: Expression,
        _ arguments: Arguments
    ) throws(TemplateFault) -> TemplateValue {
        let operand = try evaluate(value)
        return try filter(name, operand, try evaluate(arguments))
    }

    private func evaluateSlice(
        of value: Expression,
        _ start: Expression?,
        _ stop: Expression?,
        _ step: Expression?
    ) throws(TemplateFault) -> TemplateValue {
        let sliced = try evaluate(value)
        func bound(_ expression: Expression?) throws(TemplateFault) -> Int? {
            guard let expression else { return nil }
            let value = try evaluate(expression)
            if case .null = value { return nil }
            guard let bound = value.asInteger else {
                throw .type("a slice needs whole numbers, not \(value.kindName)")
            }
            return bound
        }
        return try slice(sliced, try bound(start), try bound(stop), try bound(step))
    }
}
