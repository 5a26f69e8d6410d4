// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// Python's `format.format(values)` for `{}`, `{0}`, `{name}`, `{{` and `}}`.
    func braceFormat(
        _ format: String,
        _ arguments: CallArguments,
        _ isMarked: Bool
    ) throws(TemplateFault) -> String {
        var writer = TextWriter(byteLimit: limits.textByteCount)
        var rest = format.unicodeScalars[...]
        var nextPlace = 0
        while let place = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            try writer.write(String(rest[..<place]))
            let brace = rest[place]
            rest = rest[rest.index(after: place)...]
            if rest.first == brace {
                try writer.write(String(brace))
                rest.removeFirst()
                continue
            }
            guard brace == "{", let end = rest.firstIndex(of: "}") else {
                throw .type("a single '\(brace)' stands in the format; double it")
            }
            try charge(8)
            let field = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            let value = try value(ofField: field, arguments, &nextPlace)
            let text = try text(of: value)
            if isMarked, case .markup = value {
                try writer.write(text)
            } else {
                try writer.write(isMarked ? PythonString.escapedForHTML(text) : text)
            }
        }
        try writer.write(String(rest))
        return writer.text
    }

    private func value(
        ofField field: String,
        _ arguments: CallArguments,
        _ nextPlace: inout Int
    ) throws(TemplateFault) -> TemplateValue {
        if let keyword = arguments.keywords.last(where: { $0.name == field }) {
            return keyword.value
        }
        let place = field.utf8.isEmpty ? nextPlace : Int(field)
        guard let place else {
            throw .type("the format's '{\(field)}' is not '{}', '{0}' or a name that is passed")
        }
        if field.utf8.isEmpty { nextPlace += 1 }
        guard arguments.positional.indices.contains(place) else {
            throw .type("the format needs more values than it gets; pass one for each '{}'")
        }
        return arguments.positional[place]
    }
}
