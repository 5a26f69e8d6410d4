// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// `value | name(arguments)`.
    func filter(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        try charge(for: value.text ?? "", isScanned: true)
        switch name {
        case "default", "d":
            let values = try arguments.bound(to: "default_value", "boolean", of: name)
            let isMissing = value.isUndefined || (values[1]?.isTrue == true && !value.isTrue)
            return isMissing ? values[0] ?? .string("") : value
        case "tojson": return try toJSON(value, arguments)
        case "length", "count":
            _ = try arguments.bound(of: name)
            guard let length = try length(of: value) else {
                throw .type("a \(value.kindName) has no length; test it with 'is sequence'")
            }
            return .integer(length)
        case "abs":
            _ = try arguments.bound(of: name)
            if case .number(let number) = value { return .number(abs(number)) }
            let integer = try number(value, "abs").asInteger ?? 0
            return integer < 0 ? try negated(.integer(integer)) : .integer(integer)
        case "int": return try toInteger(value, arguments)
        case "float":
            let fallback = try arguments.bound(to: "default", of: name)[0] ?? .number(0)
            if case .undefined(let reason) = value { throw .undefined(reason) }
            if let number = value.asDouble { return .number(number) }
            return value.text.flatMap { PythonNumber.double($0) }.map { .number($0) } ?? fallback
        case "round": return try round(value, arguments)
        default:
            if let result = try textFilter(name, value, arguments) { return result }
            if let result = try listFilter(name, value, arguments) { return result }
            if let result = try selectionFilter(name, value, arguments) { return result }
            throw TemplateFault(
                code: .unsupported,
                problem: "there is no filter '\(name)'; use another"
            )
        }
    }

    private func toInteger(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "default", "base", of: "int")
        let fallback = values[0] ?? .integer(0)
        if case .undefined(let reason) = value { throw .undefined(reason) }
        if let integer = value.asInteger { return .integer(integer) }
        if case .number(let number) = value {
            return Int(exactly: number.rounded(.towardZero)).map { .integer($0) } ?? fallback
        }
        guard let text = value.text else { return fallback }
        let base = values[1]?.asInteger ?? 10
        guard (2...36).contains(base) else { throw .type("int needs a base from 2 to 36") }
        if let integer = PythonNumber.integer(text, radix: base) { return .integer(integer) }
        // As in Jinja, "1.9" becomes 1.
        guard let number = PythonNumber.double(text),
            let integer = Int(exactly: number.rounded(.towardZero))
        else { return fallback }
        return .integer(integer)
    }

    private func round(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "precision", "method", of: "round")
        let precision = values[0]?.asInteger ?? 0
        let method = values[1]?.text ?? "common"
        let operand = try number(value, "round")
        guard let number = operand.asDouble, (0...15).contains(precision) else {
            throw .type("round needs a precision from 0 to 15")
        }
        var scale = 1.0
        for _ in 0..<precision { scale *= 10 }
        switch method {
        case "ceil": return .number((number * scale).rounded(.up) / scale)
        case "floor": return .number((number * scale).rounded(.down) / scale)
        case "common":
            if operand.asInteger != nil { return operand }
            try charge(FixedPoint.cost(of: number))
            let text = FixedPoint.text(of: number, digits: precision)
            return .number(Double(text) ?? number)
        default: throw .type("round knows the methods common, ceil and floor")
        }
    }
}
