// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    func call(
        _ function: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        switch function {
        case .method(let method): return try callMethod(method, arguments)
        case .handle(.macro(let index)): return try callMacro(macros[index], arguments)
        case .handle(.function(let function)): return try call(function, arguments)
        case .undefined(let reason): throw .undefined(reason)
        default: throw .type("a \(function.kindName) cannot be called; remove the '()'")
        }
    }

    private func call(
        _ function: GlobalFunction,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        switch function {
        case .range: return try makeRange(arguments)
        case .dict: return try makeDictionary(try dictionary(arguments, "dict"))
        case .namespace:
            try charge(100)
            namespaces.append(try dictionary(arguments, "namespace"))
            return .handle(.namespace(namespaces.count - 1))
        case .raiseException:
            let message = try arguments.bound(to: "message", of: function.rawValue, required: 1)[0]
            let text = try text(of: message ?? .null)
            throw TemplateFault(
                code: .raised,
                problem: "the template refuses these messages: \(text)"
            )
        case .strftimeNow:
            let format = try arguments.bound(to: "format", of: function.rawValue, required: 1)[0]
            guard let text = format?.text else {
                throw .type("strftime_now needs a format such as '%Y-%m-%d'")
            }
            return try makeString(try now(text))
        }
    }

    private func dictionary(
        _ arguments: CallArguments,
        _ function: String
    ) throws(TemplateFault) -> TemplateDictionary {
        guard arguments.positional.count <= 1 else {
            throw .type("\(function) takes one dictionary and names; pass the rest by name")
        }
        var dictionary = TemplateDictionary()
        if case .dictionary(let given)? = arguments.positional.first {
            dictionary = given
        } else if let given = arguments.positional.first {
            for pair in try elements(of: given) {
                let members = try elements(of: pair)
                guard members.count == 2, TemplateDictionary.canHold(key: members[0]) else {
                    throw .type("\(function) needs pairs of a key and a value; pass such a list")
                }
                dictionary.set(members[0], to: members[1])
            }
        }
        for keyword in arguments.keywords {
            dictionary.set(.string(keyword.name), to: keyword.value)
        }
        return dictionary
    }

    /// Jinja's sandbox refuses more elements than this.
    private static let rangeLimit = 100_000

    private func makeRange(_ arguments: CallArguments) throws(TemplateFault) -> TemplateValue {
        guard arguments.keywords.isEmpty, (1...3).contains(arguments.positional.count) else {
            throw .type("range takes one to three numbers")
        }
        var bounds: [Int] = []
        for value in arguments.positional {
            guard let bound = value.asInteger else {
                throw .type("range needs whole numbers, not \(value.kindName)")
            }
            bounds.append(bound)
        }
        let start = bounds.count > 1 ? bounds[0] : 0
        let stop = bounds.count > 1 ? bounds[1] : bounds[0]
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw .type("range cannot have the step 0; use another") }
        guard step > 0 ? start < stop : start > stop else {
            return .range(TemplateRange(start: start, stop: stop, step: step, count: 0))
        }
        // The difference of two 64-bit numbers always fits without a sign.
        let distance = UInt(bitPattern: step > 0 ? stop &- start : start &- stop)
        let count = (distance - 1) / step.magnitude + 1
        guard count <= Self.rangeLimit else {
            throw TemplateFault(
                code: .limit,
                problem: "a range has more than \(Self.rangeLimit) numbers; make it shorter"
            )
        }
        return .range(TemplateRange(start: start, stop: stop, step: step, count: Int(count)))
    }

    // MARK: Macros

    private func callMacro(
        _ closure: MacroClosure,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let macro = closure.macro
        let outer = scope
        scope = Scope(parent: closure.scope)
        // The loop around the call is not the loop around the macro.
        defer { scope = outer }
        return try nested { () throws(TemplateFault) in
            try bind(arguments, to: macro)
            return try makeString(try capture(macro.body).text)
        }
    }

    private func bind(_ arguments: CallArguments, to macro: Macro) throws(TemplateFault) {
        var keywords = arguments.keywords
        func takeKeyword(_ name: String) throws(TemplateFault) -> TemplateValue? {
            try charge(keywords.count)
            return keywords.lastIndex { $0.name == name }.map { keywords.remove(at: $0).value }
        }
        let parameters = macro.parameters
        let firstDefault = parameters.count - macro.defaults.count
        for (index, parameter) in parameters.enumerated() {
            try charge()
            if index < arguments.positional.count {
                scope.set(parameter, to: arguments.positional[index])
            } else if let value = try takeKeyword(parameter) {
                scope.set(parameter, to: value)
            } else if index >= firstDefault {
                // Evaluated here: a default may refer to the parameters before it.
                scope.set(parameter, to: try evaluate(macro.defaults[index - firstDefault]))
            } else {
                scope.set(
                    parameter,
                    to: .undefined(.other("parameter '\(parameter)' was not provided"))
                )
            }
        }
        if macro.takesCaller {
            scope.set(
                "caller",
                to: try takeKeyword("caller") ?? .undefined(.other("there is no caller"))
            )
        }
        if macro.takesMoreKeywords {
            var dictionary = TemplateDictionary()
            for keyword in keywords { dictionary.set(.string(keyword.name), to: keyword.value) }
            scope.set("kwargs", to: try makeDictionary(dictionary))
        } else if let keyword = keywords.first {
            throw .type("the macro '\(macro.name)' has no parameter '\(keyword.name)'; remove it")
        }
        let rest = Array(arguments.positional.dropFirst(parameters.count))
        if macro.takesMorePositional {
            scope.set("varargs", to: try makeTuple(rest))
        } else if !rest.isEmpty {
            throw .type(
                "the macro '\(macro.name)' takes \(parameters.count) arguments,"
                    + " not \(arguments.positional.count)"
            )
        }
    }
}
