// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// Python's `==`.
    func equals(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
        try charge()
        switch (left, right) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
            return try equals(first.elements, second.elements)
        case (.dictionary(let first), .dictionary(let second)):
            return try equals(first, second)
        case (.handle(let first), .handle(let second)): return first == second
        case (.range(let first), .range(let second)):
            return try equals(first.elements, second.elements)
        default: break
        }
        if let first = left.text, let second = right.text {
            if first.utf8.count == second.utf8.count { try charge(for: first, isScanned: true) }
            return PythonString.areEqual(first, second)
        }
        if let first = left.asInteger, let second = right.asInteger { return first == second }
        if let first = left.asDouble, let second = right.asDouble { return first == second }
        return false
    }

    func equals(_ left: [TemplateValue], _ right: [TemplateValue]) throws(TemplateFault) -> Bool {
        guard left.count == right.count else { return false }
        return try nested { () throws(TemplateFault) in
            for (first, second) in zip(left, right) where !(try equals(first, second)) {
                return false
            }
            return true
        }
    }

    private func equals(
        _ left: TemplateDictionary,
        _ right: TemplateDictionary
    ) throws(TemplateFault) -> Bool {
        guard left.count == right.count else { return false }
        return try nested { () throws(TemplateFault) in
            for (key, value) in zip(left.keys, left.values) {
                try charge()
                guard let other = right.value(of: key), try equals(value, other) else {
                    return false
                }
            }
            return true
        }
    }

    /// Python's `<` and its kin: negative, zero or positive; nil when a NaN is compared.
    func order(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Int? {
        try charge()
        for value in [left, right] {
            if case .undefined(let reason) = value { throw .undefined(reason) }
        }
        if let first = left.asInteger, let second = right.asInteger {
            return first < second ? -1 : first > second ? 1 : 0
        }
        if let first = left.asDouble, let second = right.asDouble {
            guard !first.isNaN, !second.isNaN else { return nil }
            return first < second ? -1 : first > second ? 1 : 0
        }
        if let first = left.text, let second = right.text {
            try charge(for: first, isScanned: true)
            if PythonString.areEqual(first, second) { return 0 }
            return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
        }
        switch (left, right) {
        case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
            return try nested { () throws(TemplateFault) in
                for (first, second) in zip(first.elements, second.elements)
                where !(try equals(first, second)) {
                    return try order(first, second)
                }
                return first.elements.count - second.elements.count
            }
        default:
            throw .type(
                "\(left.kindName) and \(right.kindName) have no order; compare values of one kind"
            )
        }
    }

    /// Python's `in`.
    func contains(_ value: TemplateValue, in container: TemplateValue) throws(TemplateFault) -> Bool
    {
        if let text = container.text {
            guard let part = value.text else {
                throw .type("'in' looks for a str in a str, not for \(value.kindName)")
            }
            try charge(for: text, isScanned: true)
            return PythonString.contains(text, part)
        }
        if case .dictionary(let dictionary) = container {
            try charge(for: value.text ?? "")
            guard TemplateDictionary.canHold(key: value) || value.isUndefined else {
                throw .type("a \(value.kindName) cannot be a key; look for a string or a number")
            }
            return dictionary.value(of: value) != nil
        }
        for element in try elements(of: container) where try equals(element, value) { return true }
        return false
    }

    /// A stable merge sort, as Python's is stable.
    func sorted(
        _ values: [TemplateValue],
        by keys: [TemplateValue],
        reversed: Bool
    ) throws(TemplateFault) -> [TemplateValue] {
        var places = Array(values.indices)
        var width = 1
        while width < places.count {
            var merged: [Int] = []
            merged.reserveCapacity(places.count)
            for start in stride(from: 0, to: places.count, by: 2 * width) {
                var left = places[start..<min(start + width, places.count)]
                var right = places[left.endIndex..<min(start + 2 * width, places.count)]
                while let first = left.first, let second = right.first {
                    let order = try order(keys[first], keys[second]) ?? 0
                    let takesRight = reversed ? order < 0 : order > 0
                    merged.append(takesRight ? second : first)
                    if takesRight { right.removeFirst() } else { left.removeFirst() }
                }
                merged += left
                merged += right
            }
            places = merged
            width *= 2
        }
        return places.map { values[$0] }
    }
}
