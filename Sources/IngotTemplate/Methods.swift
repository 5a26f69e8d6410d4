// SPDX-License-Identifier: Apache-2.0

/// Which names are methods of which values.
enum Methods {
    enum Kind {
        case available
        /// Python's immutable sandbox hides what would change a value.
        case forbidden
    }

    static func kind(of name: String, on value: TemplateValue) -> Kind? {
        switch value {
        case .string, .markup: strings.contains(name) ? .available : nil
        case .dictionary:
            dictionaries.contains(name)
                ? .available : dictionaryChanges.contains(name) ? .forbidden : nil
        case .list:
            lists.contains(name) ? .available : listChanges.contains(name) ? .forbidden : nil
        case .tuple, .range: tuples.contains(name) ? .available : nil
        default: nil
        }
    }

    private static let strings: Set<String> = [
        "capitalize", "count", "endswith", "find", "format", "index", "isalnum", "isalpha",
        "isdecimal",
        "isdigit", "islower", "isnumeric", "isspace", "isupper", "join", "lower", "lstrip",
        "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rpartition",
        "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title",
        "upper", "zfill", "ljust", "rjust",
    ]
    static func takesNothing(_ name: String) -> Bool {
        ["upper", "lower", "title", "capitalize", "swapcase"].contains(name)
            || name.utf8.starts(with: "is".utf8)
    }

    private static let dictionaries: Set<String> = ["copy", "get", "items", "keys", "values"]
    private static let dictionaryChanges: Set<String> = [
        "clear", "pop", "popitem", "setdefault", "update",
    ]
    private static let lists: Set<String> = ["copy", "count", "index"]
    private static let listChanges: Set<String> = [
        "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
    ]
    private static let tuples: Set<String> = ["count", "index"]
}

extension Interpreter {
    func callMethod(
        _ method: TemplateMethod,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        switch method.receiver {
        case .string(let text): return try callMethod(method.name, of: text, false, arguments)
        case .markup(let text): return try callMethod(method.name, of: text, true, arguments)
        case .dictionary(let dictionary):
            return try callMethod(method.name, of: dictionary, arguments)
        case .handle(.loop(let id)): return try callLoopMethod(method.name, ofLoop: id, arguments)
        default:
            let elements = try elements(of: method.receiver)
            if method.name == "copy" { return method.receiver }
            let wanted = try arguments.bound(to: "value", of: method.name, required: 1)[0]
            var places: [Int] = []
            for (index, element) in elements.enumerated()
            where try equals(element, wanted ?? .null) {
                places.append(index)
            }
            if method.name == "count" { return .integer(places.count) }
            guard let first = places.first else {
                throw .type("index() does not find the value; test it with 'in' first")
            }
            return .integer(first)
        }
    }

    private func callMethod(
        _ name: String,
        of dictionary: TemplateDictionary,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        guard name == "get" else {
            _ = try arguments.bound(of: name)
            return switch name {
            case "items": .view(TemplateView(kind: .items, dictionary: dictionary))
            case "keys": .view(TemplateView(kind: .keys, dictionary: dictionary))
            case "values": .view(TemplateView(kind: .values, dictionary: dictionary))
            default: .dictionary(dictionary)
            }
        }
        guard arguments.keywords.isEmpty else { throw .type("get() takes no named arguments") }
        let values = try arguments.bound(to: "key", "default", of: name, required: 1)
        let key = values[0] ?? .null
        try charge(for: key.text ?? "")
        guard TemplateDictionary.canHold(key: key) || key.isUndefined else {
            throw .type("a \(key.kindName) cannot be a key; use a string or a number")
        }
        return dictionary.value(of: key) ?? values[1] ?? .null
    }
}
