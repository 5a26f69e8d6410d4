// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    func execute(_ statements: [Statement]) throws(TemplateFault) -> LoopExit? {
        for statement in statements {
            line = statement.line
            try charge()
            if let exit = try execute(statement) { return exit }
        }
        return nil
    }

    private func execute(_ statement: Statement) throws(TemplateFault) -> LoopExit? {
        switch statement.kind {
        case .text(let text): try write(text)
        case .print(let expression): try write(try evaluate(expression))
        case .assignment(let target, let expression):
            try assign(try evaluate(expression), to: target)
        case .macro(let macro): try define(macro)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        default:
            return try nested { () throws(TemplateFault) in try executeBlock(statement) }
        }
        return nil
    }

    private func executeBlock(_ statement: Statement) throws(TemplateFault) -> LoopExit? {
        switch statement.kind {
        case .choice(let branches): try execute(branches)
        case .loop(let loop): try execute(loop)
        case .blockAssignment(let target, let filter, let body):
            try executeBlockAssignment(target, filter, body)
        case .call(let call, let body): try executeCallBlock(call, body)
        case .generation(let body): try executeGeneration(body)
        case .scope(let assignments, let body): try executeScope(assignments, body)
        case .filterBlock(let filter, let body): try executeFilterBlock(filter, body)
        default: nil
        }
    }

    private func execute(
        _ branches: [(test: Expression?, body: [Statement])]
    ) throws(TemplateFault) -> LoopExit? {
        for branch in branches {
            if let test = branch.test, !(try evaluate(test).isTrue) { continue }
            return try execute(branch.body)
        }
        return nil
    }

    private func executeScope(
        _ assignments: [(target: Target, value: Expression)],
        _ body: [Statement]
    ) throws(TemplateFault) -> LoopExit? {
        var values: [TemplateValue] = []
        for assignment in assignments { values.append(try evaluate(assignment.value)) }
        return try inScope { () throws(TemplateFault) in
            for (assignment, value) in zip(assignments, values) {
                try assign(value, to: assignment.target)
            }
            return try execute(body)
        }
    }

    private func executeBlockAssignment(
        _ target: Target,
        _ filter: Expression?,
        _ body: [Statement]
    ) throws(TemplateFault) -> LoopExit? {
        let captured = try inScope { () throws(TemplateFault) in try capture(body) }
        // Leaving a loop from inside the block leaves the name as it was.
        if let exit = captured.exit { return exit }
        let value = try filtered(captured.text, through: filter)
        try assign(value, to: target)
        return nil
    }

    private func executeFilterBlock(
        _ filter: Expression,
        _ body: [Statement]
    ) throws(TemplateFault) -> LoopExit? {
        let captured = try inScope { () throws(TemplateFault) in try capture(body) }
        if let exit = captured.exit { return exit }
        try write(try filtered(captured.text, through: filter))
        return nil
    }

    private func filtered(
        _ text: String,
        through filter: Expression?
    ) throws(TemplateFault) -> TemplateValue {
        guard let filter else { return .string(text) }
        blockTexts.append(text)
        defer { blockTexts.removeLast() }
        return try evaluate(filter)
    }

    private func executeGeneration(_ body: [Statement]) throws(TemplateFault) -> LoopExit? {
        let start = buffers[0].byteCount
        let exit = try inScope { () throws(TemplateFault) in try execute(body) }
        if buffers.count == 1 {
            generationSpans.append(start..<buffers[0].byteCount)
        } else {
            hasCapturedGeneration = true
        }
        return exit
    }

    private func executeCallBlock(
        _ call: Expression,
        _ body: Macro
    ) throws(TemplateFault) -> LoopExit? {
        guard case .call(let callee, let arguments) = call.kind else { return nil }
        let function = try evaluate(callee)
        var values = try evaluate(arguments)
        values.keywords.append(("caller", try makeMacro(body)))
        try write(try self.call(function, values))
        return nil
    }

    func inScope<Value>(
        _ work: () throws(TemplateFault) -> Value
    ) throws(TemplateFault) -> Value {
        let outer = scope
        scope = Scope(parent: outer)
        defer { scope = outer }
        return try work()
    }

    // MARK: Names

    func assign(_ value: TemplateValue, to target: Target) throws(TemplateFault) {
        switch target {
        case .name(let name): scope.set(name, to: value)
        case .namespaceAttribute(let name, let attribute):
            guard case .handle(.namespace(let index))? = scope.value(of: name) else {
                throw .type("'\(name)' is not a namespace; make it with namespace() first")
            }
            let before = namespaces[index].count
            namespaces[index].set(.string(attribute), to: value)
            // Only growth costs memory; a changed attribute replaces the old value.
            if namespaces[index].count > before { try charge(16) }
        case .tuple(let targets):
            let elements = try elements(of: value)
            guard elements.count == targets.count else {
                throw .type(
                    "\(elements.count) values for \(targets.count) names; make the numbers equal"
                )
            }
            for (target, element) in zip(targets, elements) { try assign(element, to: target) }
        }
    }

    private func define(_ macro: Macro) throws(TemplateFault) {
        scope.set(macro.name, to: try makeMacro(macro))
    }

    private func makeMacro(_ macro: Macro) throws(TemplateFault) -> TemplateValue {
        // A closure keeps its scope alive, so it costs more than a plain step.
        try charge(100)
        macros.append(MacroClosure(macro: macro, scope: scope))
        return .handle(.macro(macros.count - 1))
    }
}
