// SPDX-License-Identifier: Apache-2.0

/// Attributes, items, slices and the elements that loops walk over.
extension Interpreter {
    /// `value.name`: an attribute, else an item of that name, else undefined.
    func attribute(_ name: String, of value: TemplateValue) throws(TemplateFault) -> TemplateValue {
        switch value {
        case .undefined(let reason): throw .undefined(reason)
        case .dictionary(let dictionary):
            if let method = method(name, of: value) { return method }
            if let member = dictionary[name] { return member }
        case .handle(.namespace(let index)):
            if let member = namespaces[index][name] { return member }
        case .handle(.loop(let id)): return try attribute(name, ofLoop: id)
        case .handle(.macro(let index)):
            if name == "name" { return .string(macros[index].macro.name) }
        default:
            if let method = method(name, of: value) { return method }
        }
        if name.utf8.starts(with: "__".utf8) { return .undefined(.unsafe(name)) }
        return .undefined(.attribute(name, of: value.kindName))
    }

    private func method(_ name: String, of value: TemplateValue) -> TemplateValue? {
        switch Methods.kind(of: name, on: value) {
        case .available: .method(TemplateMethod(receiver: value, name: name))
        case .forbidden: .undefined(.unsafe(name))
        case nil: nil
        }
    }

    /// `value[key]`: an item, else an attribute of that name, else undefined.
    func item(_ key: TemplateValue, of value: TemplateValue) throws(TemplateFault) -> TemplateValue
    {
        switch value {
        case .undefined(let reason): throw .undefined(reason)
        case .dictionary(let dictionary):
            try charge(for: key.text ?? "")
            if let member = dictionary.value(of: key) { return member }
        case .list(let list), .tuple(let list):
            if let place = Self.place(key, count: list.elements.count) {
                return list.elements[place]
            }
        case .range(let range):
            if let place = Self.place(key, count: range.count) {
                return .integer(range.element(place))
            }
        case .string(let text), .markup(let text):
            if let index = key.asInteger {
                return try character(index, of: text) ?? .undefined(.item(of: value.kindName))
            }
        default: break
        }
        if let name = key.text { return try attribute(name, of: value) }
        return .undefined(.item(of: value.kindName))
    }

    /// The 0-based place that an index of Python means, when there is one.
    private static func place(_ key: TemplateValue, count: Int) -> Int? {
        guard let index = key.asInteger else { return nil }
        let place = index < 0 ? index + count : index
        return place >= 0 && place < count ? place : nil
    }

    private func character(_ index: Int, of text: String) throws(TemplateFault) -> TemplateValue? {
        let scalars = text.unicodeScalars
        let byteCount = text.utf8.count
        // No text has more scalars than bytes; this also keeps the negation below from overflowing.
        guard index < byteCount, index >= -byteCount else { return nil }
        // The index is at most the number of bytes.
        try charge(Int(index.magnitude) >> 2)
        if index >= 0 {
            guard
                let place = scalars.index(
                    scalars.startIndex,
                    offsetBy: index,
                    limitedBy: scalars.endIndex
                ),
                place < scalars.endIndex
            else { return nil }
            return .string(String(scalars[place]))
        }
        guard
            let place = scalars.index(
                scalars.endIndex,
                offsetBy: index,
                limitedBy: scalars.startIndex
            )
        else { return nil }
        return .string(String(scalars[place]))
    }

    func slice(
        _ value: TemplateValue,
        _ start: Int?,
        _ stop: Int?,
        _ step: Int?
    ) throws(TemplateFault) -> TemplateValue {
        if case .undefined(let reason) = value { throw .undefined(reason) }
        guard step != 0 else { throw .type("a slice cannot have the step 0; use another") }
        func places(_ count: Int) -> [Int] { Self.places(count, start, stop, step ?? 1) }
        switch value {
        case .list(let list):
            return try makeList(places(list.elements.count).map { list.elements[$0] })
        case .tuple(let list):
            return try makeTuple(places(list.elements.count).map { list.elements[$0] })
        case .range(let range):
            return try makeList(places(range.count).map { .integer(range.element($0)) })
        case .string(let text), .markup(let text):
            try charge(for: text, isScanned: true)
            let scalars = Array(text.unicodeScalars)
            var part = String.UnicodeScalarView()
            for place in places(scalars.count) { part.append(scalars[place]) }
            if case .markup = value { return try makeString(String(part), marked: true) }
            return try makeString(String(part))
        default: throw .type("a \(value.kindName) cannot be sliced; make it a list first")
        }
    }

    /// Python's `slice.indices`.
    ///
    /// All bounds are clamped to -1...count before any arithmetic.
    private static func places(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> [Int] {
        func clamp(_ bound: Int?, _ missing: Int) -> Int {
            guard let bound else { return missing }
            if bound < 0 {
                return bound < -count ? (step < 0 ? -1 : 0) : bound + count
            }
            return min(bound, step < 0 ? count - 1 : count)
        }
        // A longer step than the text reaches the same places.
        let stride = max(-count - 1, min(count + 1, step))
        return step > 0
            ? Array(Swift.stride(from: clamp(start, 0), to: clamp(stop, count), by: stride))
            : Array(Swift.stride(from: clamp(start, count - 1), to: clamp(stop, -1), by: stride))
    }

    /// Python's `list(value)`.
    func elements(of value: TemplateValue) throws(TemplateFault) -> [TemplateValue] {
        switch value {
        case .undefined: return []
        case .list(let list), .tuple(let list): return list.elements
        case .dictionary(let dictionary):
            try charge(dictionary.count)
            return dictionary.keys
        case .view(let view):
            try charge(view.dictionary.count)
            return view.elements
        case .range(let range):
            try charge(range.count)
            return range.elements
        case .string(let text), .markup(let text):
            try charge(text.utf8.count)
            return PythonString.characters(of: text)
        case .handle(.iterator(let index)):
            let elements = iterators[index].takeAll()
            try charge(elements.count)
            return elements
        default:
            throw .type(
                "a \(value.kindName) has no elements to walk over; test it with 'is iterable'"
            )
        }
    }

    /// Python's `len(value)`, nil for what has none.
    func length(of value: TemplateValue) throws(TemplateFault) -> Int? {
        switch value {
        case .undefined: return 0
        case .list(let list), .tuple(let list): return list.elements.count
        case .dictionary(let dictionary): return dictionary.count
        case .view(let view): return view.dictionary.count
        case .range(let range): return range.count
        case .string(let text), .markup(let text):
            try charge(for: text, isScanned: true)
            return PythonString.length(of: text)
        case .handle(.loop(let id)): return try attribute("length", ofLoop: id).asInteger
        default: return nil
        }
    }
}
