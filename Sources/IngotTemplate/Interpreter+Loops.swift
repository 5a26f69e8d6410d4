// SPDX-License-Identifier: Apache-2.0

/// Where a loop stands.
///
/// Elements that a filter must judge are judged when they are needed, as in Python, since the body
/// may change what the filter looks at.
final class LoopState {
    let id: Int
    let loop: Loop
    /// Where the loop's target is visible to the filter.
    let scope: Scope
    private var elements: ArraySlice<TemplateValue>
    /// 0-based; -1 before the first element.
    private(set) var index = -1
    private(set) var current: TemplateValue?
    private(set) var previous: TemplateValue?
    private var peeked: TemplateValue?
    private var knownCount: Int?
    /// Whether the filter has accepted all that is left, which it must not judge twice.
    private var isJudged = false
    var lastChanged: [TemplateValue]?

    init(id: Int, loop: Loop, elements: [TemplateValue], scope: Scope) {
        self.id = id
        self.loop = loop
        self.elements = elements[...]
        self.scope = scope
        if loop.filter == nil { knownCount = elements.count }
    }

    func advance(_ interpreter: Interpreter) throws(TemplateFault) -> TemplateValue? {
        guard let element = try peek(interpreter) else { return nil }
        peeked = nil
        index += 1
        previous = current
        current = element
        return element
    }

    func peek(_ interpreter: Interpreter) throws(TemplateFault) -> TemplateValue? {
        if peeked == nil { peeked = try pull(interpreter) }
        return peeked
    }

    private func pull(_ interpreter: Interpreter) throws(TemplateFault) -> TemplateValue? {
        while let element = elements.popFirst() {
            guard !isJudged, let filter = loop.filter else { return element }
            try interpreter.charge()
            if try interpreter.accepts(element, filter, of: self) { return element }
        }
        return nil
    }

    func count(_ interpreter: Interpreter) throws(TemplateFault) -> Int {
        if let knownCount { return knownCount }
        var rest: [TemplateValue] = []
        let waiting = peeked == nil ? 0 : 1
        while let element = try pull(interpreter) { rest.append(element) }
        elements = rest[...]
        isJudged = true
        let count = rest.count + waiting + index + 1
        knownCount = count
        return count
    }
}

extension Interpreter {
    func execute(_ loop: Loop) throws(TemplateFault) -> LoopExit? {
        let elements = try elements(of: try evaluate(loop.source))
        let outer = scope
        defer { scope = outer }
        loopCount += 1
        let state = LoopState(id: loopCount, loop: loop, elements: elements, scope: outer)
        loops.append(state)
        var exit: LoopExit?
        // As in Jinja, a turn that `continue` or `break` cuts short does not keep `else` away.
        var hasFinishedTurn = false
        while exit != .breakLoop, let element = try state.advance(self) {
            try charge(4)
            scope = Scope(parent: outer, variables: ["loop": .handle(.loop(state.id))])
            try assign(element, to: loop.target)
            exit = try execute(loop.body)
            hasFinishedTurn = hasFinishedTurn || exit == nil
        }
        loops.removeLast()
        guard !hasFinishedTurn, !loop.otherwise.isEmpty else { return nil }
        scope = Scope(parent: outer)
        return try execute(loop.otherwise)
    }

    func accepts(
        _ element: TemplateValue,
        _ filter: Expression,
        of state: LoopState
    ) throws(TemplateFault) -> Bool {
        let inner = scope
        defer { scope = inner }
        scope = Scope(parent: state.scope)
        try assign(element, to: state.loop.target)
        return try evaluate(filter).isTrue
    }

    /// An attribute of `loop`.
    func attribute(_ name: String, ofLoop id: Int) throws(TemplateFault) -> TemplateValue {
        guard let state = loops.last(where: { $0.id == id }) else {
            throw .type("'loop.\(name)' is used after its loop has ended; save the value before")
        }
        switch name {
        case "index": return .integer(state.index + 1)
        case "index0": return .integer(state.index)
        case "first": return .bool(state.index == 0)
        case "last": return .bool(try state.peek(self) == nil)
        case "length": return .integer(try state.count(self))
        case "revindex": return .integer(try state.count(self) - state.index)
        case "revindex0": return .integer(try state.count(self) - state.index - 1)
        case "previtem":
            return state.previous ?? .undefined(.other("there is no previous item"))
        case "nextitem":
            return try state.peek(self) ?? .undefined(.other("there is no next item"))
        case "depth": return .integer(1)
        case "depth0": return .integer(0)
        case "cycle", "changed":
            return .method(TemplateMethod(receiver: .handle(.loop(id)), name: name))
        default: return .undefined(.attribute(name, of: "loop"))
        }
    }

    func callLoopMethod(
        _ name: String,
        ofLoop id: Int,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        guard let state = loops.last(where: { $0.id == id }) else {
            throw .type("'loop.\(name)' is used after its loop has ended; save the value before")
        }
        let values = arguments.positional
        if name == "cycle" {
            guard !values.isEmpty else { throw .type("loop.cycle() needs values; pass some") }
            return values[state.index % values.count]
        }
        let isSame = try state.lastChanged.map { last throws(TemplateFault) in
            try equals(last, values)
        }
        state.lastChanged = values
        return .bool(isSame != true)
    }
}
