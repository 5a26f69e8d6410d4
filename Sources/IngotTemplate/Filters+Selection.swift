// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// Filters that apply a test or another filter to each element; nil for other names.
    func selectionFilter(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue? {
        // Jinja walks over no value that is false, so `none` passes where a list is missing.
        let value = value.isTrue ? value : .list(TemplateList([]))
        switch name {
        case "map": return try map(value, arguments)
        case "select", "reject":
            var rest = arguments
            let test = try takeName(&rest, of: name)
            return try select(value, keeping: name == "select") { element throws(TemplateFault) in
                guard let test else { return element.isTrue }
                return try self.test(test, element, rest)
            }
        case "selectattr", "rejectattr":
            var rest = arguments
            guard !rest.positional.isEmpty else { throw .type("\(name) needs an attribute") }
            let path = rest.positional.removeFirst()
            let test = try takeName(&rest, of: name)
            return try select(value, keeping: name == "selectattr") {
                element throws(TemplateFault) in
                let attribute = try self.attribute(path: path, of: element)
                guard let test else { return attribute.isTrue }
                return try self.test(test, attribute, rest)
            }
        default: return nil
        }
    }

    /// The name of a test or filter, when one is passed first.
    private func takeName(
        _ arguments: inout CallArguments,
        of filter: String
    ) throws(TemplateFault) -> String? {
        guard !arguments.positional.isEmpty else { return nil }
        guard let name = arguments.positional.removeFirst().text else {
            throw .type("\(filter) needs the name of a test in quotes")
        }
        return name
    }

    private func select(
        _ value: TemplateValue,
        keeping isKept: Bool,
        _ test: (TemplateValue) throws(TemplateFault) -> Bool
    ) throws(TemplateFault) -> TemplateValue {
        var selected: [TemplateValue] = []
        for element in try elements(of: value) {
            try charge()
            if try test(element) == isKept { selected.append(element) }
        }
        return try makeIterator(selected)
    }

    private func map(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        var mapped: [TemplateValue] = []
        if arguments.positional.isEmpty {
            let values = try arguments.bound(to: "attribute", "default", of: "map")
            guard let path = values[0] else { throw .type("map needs an attribute or a filter") }
            for element in try elements(of: value) {
                try charge()
                let attribute = try attribute(path: path, of: element)
                mapped.append(attribute.isUndefined ? values[1] ?? attribute : attribute)
            }
            return try makeIterator(mapped)
        }
        var rest = arguments
        let name = try takeName(&rest, of: "map") ?? ""
        for element in try elements(of: value) {
            try charge()
            let result = try nested { () throws(TemplateFault) in
                try filter(name, element, rest)
            }
            mapped.append(result)
        }
        return try makeIterator(mapped)
    }
}
