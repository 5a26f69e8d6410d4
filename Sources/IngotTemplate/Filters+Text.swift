// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// Filters whose result is text; nil for other names.
    func textFilter(
        _ name: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue? {
        switch name {
        case "string":
            _ = try arguments.bound(of: name)
            if value.text != nil { return value }
            return try makeString(try text(of: value))
        case "safe":
            _ = try arguments.bound(of: name)
            return try makeString(try text(of: value), marked: true)
        case "escape", "e", "forceescape":
            _ = try arguments.bound(of: name)
            if name != "forceescape", case .markup = value { return value }
            return try makeString(PythonString.escapedForHTML(try text(of: value)), marked: true)
        case "trim":
            return try callText("strip", value, arguments)
        case "upper", "lower", "capitalize":
            _ = try arguments.bound(of: name)
            return try callText(name, value, arguments)
        case "title":
            _ = try arguments.bound(of: name)
            return try makeString(PythonString.titledWords(try text(of: value)))
        case "replace": return try replaceFilter(value, arguments)
        case "indent": return try indent(value, arguments)
        case "join": return try joinFilter(value, arguments)
        case "format":
            let format = try text(of: value)
            if arguments.keywords.isEmpty {
                return try makeString(
                    try percentFormat(format, try makeTuple(arguments.positional))
                )
            }
            throw .type("format takes values by position here; remove the names")
        case "center":
            let width = try arguments.bound(to: "width", of: name)[0]?.asInteger ?? 80
            return try makeString(try center(try text(of: value), width))
        case "wordcount":
            _ = try arguments.bound(of: name)
            var count = 0
            var isInWord = false
            for scalar in try text(of: value).unicodeScalars {
                if scalar.isWord, !isInWord { count += 1 }
                isInWord = scalar.isWord
            }
            return .integer(count)
        default: return nil
        }
    }

    private func callText(
        _ method: String,
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        if case .markup(let text) = value {
            return try callMethod(method, of: text, true, arguments)
        }
        return try callMethod(method, of: try text(of: value), false, arguments)
    }

    private func replaceFilter(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "s", "new", "count", of: "replace", required: 2)
        var limit = -1
        if let count = values[2]?.asInteger { limit = count }
        // Without autoescaping Jinja drops the mark of the text before replacing.
        return try makeString(
            try replaced(
                try text(of: value),
                try text(of: values[0] ?? .null),
                try text(of: values[1] ?? .null),
                limit: limit
            )
        )
    }

    private func joinFilter(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "d", "attribute", of: "join")
        let separator = try text(of: values[0] ?? .string(""))
        var writer = TextWriter(byteLimit: limits.textByteCount)
        for (index, element) in try elements(of: value).enumerated() {
            try charge()
            if index > 0 { try writer.write(separator) }
            var part = element
            if let path = values[1] { part = try attribute(path: path, of: element) }
            try writer.write(try text(of: part))
        }
        return try makeString(writer.text)
    }

    private func indent(
        _ value: TemplateValue,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "width", "first", "blank", of: "indent")
        var indention = "    "
        if let width = values[0]?.asInteger {
            indention = try text(of: try arithmetic(.multiply, .string(" "), .integer(width)))
        } else if let text = values[0]?.text {
            indention = text
        }
        let indentsBlank = values[2]?.isTrue ?? false
        // Jinja adds a newline, so that a last line end still counts as a line.
        let lines = PythonString.lines(of: try text(of: value) + "\n")
        var writer = TextWriter(byteLimit: limits.textByteCount)
        if values[1]?.isTrue ?? false { try writer.write(indention) }
        for (index, line) in lines.enumerated() {
            if index > 0 {
                try writer.write("\n")
                if indentsBlank || !line.utf8.isEmpty { try writer.write(indention) }
            }
            try writer.write(line)
        }
        if case .markup = value { return try makeString(writer.text, marked: true) }
        return try makeString(writer.text)
    }

    private func center(_ text: String, _ width: Int) throws(TemplateFault) -> String {
        guard width <= limits.textByteCount else { throw tooLong() }
        let missing = width - PythonString.length(of: text)
        guard missing > 0 else { return text }
        // Python puts the odd blank to the left when the width is odd.
        let left = missing / 2 + (missing & width & 1)
        return String(repeating: " ", count: left) + text
            + String(repeating: " ", count: missing - left)
    }
}
