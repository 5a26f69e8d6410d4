// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// `value is name(arguments)`.
    func test(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> Bool {
        if let operand = try operandTest(name, value, arguments) { return operand }
        guard arguments.positional.isEmpty, arguments.keywords.isEmpty else {
            throw .type("the test '\(name)' takes no arguments; remove them")
        }
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none":
            guard case .null = value else { return false }
            return true
        case "true":
            guard case .bool(true) = value else { return false }
            return true
        case "false":
            guard case .bool(false) = value else { return false }
            return true
        case "boolean":
            guard case .bool = value else { return false }
            return true
        case "integer":
            guard case .integer = value else { return false }
            return true
        case "float":
            guard case .number = value else { return false }
            return true
        case "number": return value.asDouble != nil
        case "string": return value.text != nil
        case "mapping":
            guard case .dictionary = value else { return false }
            return true
        case "iterable": return Self.isIterable(value)
        case "sequence": return Self.isSequence(value)
        case "callable": return Self.isCallable(value)
        case "odd", "even":
            guard case .integer(let rest) = try arithmetic(.modulo, value, .integer(2)) else {
                return false
            }
            return (rest == 1) == (name == "odd")
        case "lower", "upper":
            try charge(for: value.text ?? "", isScanned: true)
            return PythonString.isAll(try text(of: value), "is" + name)
        default:
            throw TemplateFault(
                code: .unsupported,
                problem: "there is no test '\(name)'; use another"
            )
        }
    }

    /// Tests that compare with an operand; nil for others.
    private func operandTest(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> Bool? {
        func operand() throws(TemplateFault) -> TemplateValue {
            try arguments.bound(to: "other", of: name, required: 1)[0] ?? .null
        }
        switch name {
        case "==", "eq", "equalto": return try equals(value, try operand())
        case "!=", "ne": return !(try equals(value, try operand()))
        case "<", "lt", "lessthan": return try order(value, try operand()).map { $0 < 0 } ?? false
        case "<=", "le": return try order(value, try operand()).map { $0 <= 0 } ?? false
        case ">", "gt", "greaterthan":
            return try order(value, try operand()).map { $0 > 0 } ?? false
        case ">=", "ge": return try order(value, try operand()).map { $0 >= 0 } ?? false
        case "in": return try contains(value, in: try operand())
        case "sameas": return try isSame(value, try operand())
        case "divisibleby":
            let rest = try arithmetic(.modulo, value, try operand())
            return try equals(rest, .integer(0))
        default: return nil
        }
    }

    /// Identity, for the values of which Python keeps one.
    private func isSame(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool
    {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let first), .bool(let second)): first == second
        case (.handle(let first), .handle(let second)): first == second
        case (.null, _), (_, .null), (.bool, _), (_, .bool): false
        default:
            throw TemplateFault(
                code: .unsupported,
                problem: "'sameas' only works on none, true and false; use '=='"
            )
        }
    }

    private static func isIterable(_ value: TemplateValue) -> Bool {
        switch value {
        case .undefined, .string, .markup, .list, .tuple, .dictionary, .range, .view,
            .handle(.iterator), .handle(.loop):
            true
        default: false
        }
    }

    private static func isSequence(_ value: TemplateValue) -> Bool {
        switch value {
        case .undefined, .string, .markup, .list, .tuple, .dictionary, .range: true
        default: false
        }
    }

    private static func isCallable(_ value: TemplateValue) -> Bool {
        switch value {
        // Python's `Undefined` has a `__call__`, which raises.
        case .undefined, .method, .handle(.macro), .handle(.function), .handle(.loop): true
        default: false
        }
    }
}
