// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    func arithmetic(
        _ symbol: ArithmeticOperator,
        _ left: TemplateValue,
        _ right: TemplateValue
    ) throws(TemplateFault) -> TemplateValue {
        for value in [left, right] {
            if case .undefined(let reason) = value { throw .undefined(reason) }
        }
        if symbol == .modulo, let format = left.text {
            try charge(for: format, isScanned: true)
            return try makeString(try percentFormat(format, right))
        }
        if let first = left.asInteger, let second = right.asInteger {
            return try integerArithmetic(symbol, first, second)
        }
        if let first = left.asDouble, let second = right.asDouble {
            return .number(try numberArithmetic(symbol, first, second))
        }
        switch (symbol, left, right) {
        case (.add, .list(let first), .list(let second)):
            return try makeList(first.elements + second.elements)
        case (.add, .tuple(let first), .tuple(let second)):
            return try makeTuple(first.elements + second.elements)
        case (.add, _, _):
            guard let first = left.text, let second = right.text else { break }
            return try joined(first, left, second, right)
        case (.multiply, _, _):
            if let count = right.asInteger { return try repeated(left, count) }
            if let count = left.asInteger { return try repeated(right, count) }
        default: break
        }
        throw .type(
            "'\(symbol.rawValue)' does not work on \(left.kindName) and \(right.kindName);"
                + " convert one of them"
        )
    }

    /// Text marked as safe escapes what is added to it, as markupsafe does.
    private func joined(
        _ first: String,
        _ left: TemplateValue,
        _ second: String,
        _ right: TemplateValue
    ) throws(TemplateFault) -> TemplateValue {
        switch (left, right) {
        case (.string, .string), (.markup, .markup):
            if case .markup = left { return try makeString(first + second, marked: true) }
            return try makeString(first + second)
        case (.markup, _):
            return try makeString(first + PythonString.escapedForHTML(second), marked: true)
        default:
            return try makeString(PythonString.escapedForHTML(first) + second, marked: true)
        }
    }

    private func repeated(_ value: TemplateValue, _ count: Int) throws(TemplateFault)
        -> TemplateValue
    {
        let count = max(0, count)
        switch value {
        case .string(let text), .markup(let text):
            let (size, overflows) = text.utf8.count.multipliedReportingOverflow(by: count)
            guard !overflows, size <= limits.textByteCount else { throw tooLong() }
            let repeated = size == 0 ? "" : String(repeating: text, count: count)
            if case .markup = value { return try makeString(repeated, marked: true) }
            return try makeString(repeated)
        case .list(let list): return try makeList(try repeated(list.elements, count))
        case .tuple(let list): return try makeTuple(try repeated(list.elements, count))
        default: throw .type("'*' does not work on \(value.kindName); convert it")
        }
    }

    private func repeated(
        _ elements: [TemplateValue],
        _ count: Int
    ) throws(TemplateFault) -> [TemplateValue] {
        let (size, overflows) = elements.count.multipliedReportingOverflow(by: count)
        guard !overflows, size <= limits.elementCount else {
            throw TemplateFault(
                code: .limit,
                problem: "more than \(limits.elementCount) elements; repeat less often"
            )
        }
        return size == 0 ? [] : Array([[TemplateValue]](repeating: elements, count: count).joined())
    }

    func number(_ value: TemplateValue, _ sign: String) throws(TemplateFault) -> TemplateValue {
        if case .undefined(let reason) = value { throw .undefined(reason) }
        if let integer = value.asInteger { return .integer(integer) }
        if case .number = value { return value }
        throw .type("'\(sign)' does not work on \(value.kindName); convert it to a number")
    }

    func negated(_ value: TemplateValue) throws(TemplateFault) -> TemplateValue {
        let operand = try number(value, "-")
        if case .number(let number) = operand { return .number(-number) }
        return try integerArithmetic(.subtract, 0, operand.asInteger ?? 0)
    }

    private func integerArithmetic(
        _ symbol: ArithmeticOperator,
        _ left: Int,
        _ right: Int
    ) throws(TemplateFault) -> TemplateValue {
        let result: (partialValue: Int, overflow: Bool)
        switch symbol {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide: return .number(try numberArithmetic(.divide, Double(left), Double(right)))
        case .floorDivide:
            guard right != 0 else { throw .type("division by zero; test the divisor first") }
            result = left.dividedReportingOverflow(by: right)
            // Python rounds down, Swift towards zero.
            if !result.overflow, left % right != 0, (left < 0) != (right < 0) {
                return .integer(result.partialValue - 1)
            }
        case .modulo:
            guard right != 0 else { throw .type("division by zero; test the divisor first") }
            if right == -1 { return .integer(0) }
            let rest = left % right
            return .integer(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest)
        case .power:
            guard right >= 0 else {
                return .number(try numberArithmetic(.power, Double(left), Double(right)))
            }
            result = Self.power(left, right)
        }
        guard !result.overflow else {
            throw TemplateFault(
                code: .limit,
                problem: "a number exceeds 64 bits; use smaller numbers"
            )
        }
        return .integer(result.partialValue)
    }

    private static func power(_ base: Int, _ exponent: Int) -> (partialValue: Int, overflow: Bool) {
        if base == 0 || base == 1 { return (exponent == 0 ? 1 : base, false) }
        if base == -1 { return (exponent % 2 == 0 ? 1 : -1, false) }
        var result = 1
        // A magnitude of 2 or more overflows within 64 turns.
        for _ in 0..<exponent {
            let (product, overflows) = result.multipliedReportingOverflow(by: base)
            if overflows { return (0, true) }
            result = product
        }
        return (result, false)
    }

    private func numberArithmetic(
        _ symbol: ArithmeticOperator,
        _ left: Double,
        _ right: Double
    ) throws(TemplateFault) -> Double {
        switch symbol {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .power: return try power(left, right)
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw .type("division by zero; test the divisor first") }
            if symbol == .divide { return left / right }
            var rest = left.truncatingRemainder(dividingBy: right)
            if rest != 0, (rest < 0) != (right < 0) { rest += right }
            return symbol == .modulo ? rest : ((left - rest) / right).rounded()
        }
    }

    /// Whole exponents only: others need a library that templates have no use for.
    private func power(_ base: Double, _ exponent: Double) throws(TemplateFault) -> Double {
        guard let whole = Int(exactly: exponent), whole.magnitude <= 1024 else {
            throw .type("'**' works on whole exponents up to 1024; use another expression")
        }
        guard base != 0 || whole >= 0 else { throw .type("division by zero; test the base first") }
        var result = 1.0
        for _ in 0..<whole.magnitude { result *= base }
        return whole < 0 ? 1 / result : result
    }
}
