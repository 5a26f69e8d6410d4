// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// Filters of sequences and dictionaries; nil for other names.
    func listFilter(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue? {
        switch name {
        case "list":
            _ = try arguments.bound(of: name)
            return try makeList(try elements(of: value))
        case "first":
            _ = try arguments.bound(of: name)
            return try elements(of: value).first
                ?? .undefined(.other("the sequence has no first item"))
        case "last":
            _ = try arguments.bound(of: name)
            if case .handle = value {
                throw .type("a \(value.kindName) has no last item; use '|list'")
            }
            return try elements(of: value).last
                ?? .undefined(.other("the sequence has no last item"))
        case "reverse":
            _ = try arguments.bound(of: name)
            if let text = value.text {
                return try makeString(
                    String(String.UnicodeScalarView(text.unicodeScalars.reversed()))
                )
            }
            return try makeIterator(try elements(of: value).reversed())
        case "items":
            _ = try arguments.bound(of: name)
            if value.isUndefined { return try makeIterator([]) }
            guard case .dictionary(let dictionary) = value else {
                throw .type("'items' needs a dictionary, not \(value.kindName)")
            }
            return try makeIterator(TemplateView(kind: .items, dictionary: dictionary).elements)
        case "dictsort": return try sortedItems(value, arguments)
        case "sort": return try sort(value, arguments)
        case "unique": return try unique(value, arguments)
        case "min", "max": return try extreme(name, value, arguments)
        case "sum": return try sum(value, arguments)
        default: return nil
        }
    }

    /// `a.b.0`: attributes and items along a path, as filters name them.
    func attribute(
        path: TemplateValue,
        of value: TemplateValue
    ) throws(TemplateFault) -> TemplateValue {
        guard let text = path.text else { return try item(path, of: value) }
        var result = value
        for part in PythonString.split(text, by: ".", limit: -1) {
            let isIndex = !part.utf8.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            let key = isIndex ? Int(part).map { TemplateValue.integer($0) } : nil
            result = try item(key ?? .string(part), of: result)
        }
        return result
    }

    /// Keys for comparison: the attribute, in lower case unless case matters.
    private func comparisonKeys(
        _ values: [TemplateValue],
        _ attribute: TemplateValue?,
        _ isCaseSensitive: Bool
    ) throws(TemplateFault) -> [TemplateValue] {
        var keys: [TemplateValue] = []
        for value in values {
            var key = value
            if let attribute, case .null = attribute {
            } else if let attribute {
                key = try self.attribute(path: attribute, of: value)
            }
            if !isCaseSensitive, let text = key.text {
                try charge(for: text, isScanned: true)
                key = .string(PythonString.lowercased(text))
            }
            keys.append(key)
        }
        return keys
    }

    private func sortedItems(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "case_sensitive", "by", "reverse", of: "dictsort")
        guard case .dictionary(let dictionary) = value else {
            throw .type("'dictsort' needs a dictionary, not \(value.kindName)")
        }
        let isByValue: Bool
        switch values[1]?.text ?? "key" {
        case "key": isByValue = false
        case "value": isByValue = true
        default: throw .type("'dictsort' sorts by 'key' or by 'value'")
        }
        let items = TemplateView(kind: .items, dictionary: dictionary).elements
        let keys = try comparisonKeys(
            isByValue ? dictionary.values : dictionary.keys,
            nil,
            values[0]?.isTrue ?? false
        )
        return try makeList(
            try sorted(items, by: keys, reversed: values[2]?.isTrue ?? false)
        )
    }

    private func sort(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "reverse", "case_sensitive", "attribute", of: "sort")
        let elements = try elements(of: value)
        let keys = try comparisonKeys(elements, values[2], values[1]?.isTrue ?? false)
        return try makeList(try sorted(elements, by: keys, reversed: values[0]?.isTrue ?? false))
    }

    private func unique(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "case_sensitive", "attribute", of: "unique")
        let elements = try elements(of: value)
        let keys = try comparisonKeys(elements, values[1], values[0]?.isTrue ?? false)
        var seen = TemplateDictionary()
        var result: [TemplateValue] = []
        for (element, key) in zip(elements, keys) {
            guard TemplateDictionary.canHold(key: key) else {
                throw .type("'unique' compares strings and numbers, not \(key.kindName)")
            }
            try charge(for: key.text ?? "")
            if seen.value(of: key) == nil { result.append(element) }
            seen.set(key, to: .null)
        }
        return try makeIterator(result)
    }

    private func extreme(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "case_sensitive", "attribute", of: name)
        let elements = try elements(of: value)
        let keys = try comparisonKeys(elements, values[1], values[0]?.isTrue ?? false)
        guard var best = elements.indices.first else {
            return .undefined(.other("the sequence has no items"))
        }
        for index in elements.indices.dropFirst() {
            let order = try order(keys[index], keys[best]) ?? 0
            if name == "min" ? order < 0 : order > 0 { best = index }
        }
        return elements[best]
    }

    private func sum(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "attribute", "start", of: "sum")
        var total = values[1] ?? .integer(0)
        for key in try comparisonKeys(try elements(of: value), values[0], true) {
            total = try arithmetic(.add, total, key)
        }
        return total
    }
}
