// SPDX-License-Identifier: Apache-2.0

/// Methods of text. Those of marked text give marked text and escape what they put into it.
extension Interpreter {
    func callMethod(
        _ name: String,
        of text: String,
        _ isMarked: Bool,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        try charge(for: text, isScanned: true)
        func made(_ text: String) throws(TemplateFault) -> TemplateValue {
            try makeString(text, marked: isMarked)
        }
        if Methods.takesNothing(name) { _ = try arguments.bound(of: name) }
        switch name {
        case "strip", "lstrip", "rstrip":
            return try made(
                PythonString.strip(
                    text,
                    leading: name != "rstrip",
                    trailing: name != "lstrip",
                    characters: try optionalText(arguments, "chars", of: name)
                )
            )
        case "split", "rsplit": return try split(text, name, isMarked, arguments)
        case "splitlines":
            return try makeList(
                try PythonString.lines(of: text).map { line throws(TemplateFault) in try made(line)
                }
            )
        case "startswith", "endswith": return .bool(try hasAffix(text, name, arguments))
        case "replace": return try replace(text, isMarked, arguments)
        case "join":
            let values = try arguments.bound(to: "values", of: name, required: 1)
            return try made(try join(values[0] ?? .null, text, isMarked))
        case "upper": return try made(PythonString.uppercased(text))
        case "lower": return try made(PythonString.lowercased(text))
        case "title": return try made(PythonString.titled(text))
        case "capitalize": return try made(PythonString.capitalized(text))
        case "swapcase": return try made(PythonString.swappedCase(text))
        case "removeprefix", "removesuffix":
            return try made(try removeAffix(text, name, arguments))
        case "partition", "rpartition": return try partition(text, name, isMarked, arguments)
        case "count", "find", "rfind", "index", "rindex":
            return .integer(try search(text, name, arguments))
        case "format": return try made(try braceFormat(text, arguments, isMarked))
        case "zfill", "ljust", "rjust": return try made(try pad(text, name, arguments))
        default: return .bool(PythonString.isAll(text, name))
        }
    }

    private func optionalText(
        _ arguments: CallArguments,
        _ parameter: String,
        of name: String
    ) throws(TemplateFault) -> String? {
        let value = try arguments.bound(to: parameter, of: name)[0] ?? .null
        if case .null = value { return nil }
        return try requiredText(value, of: name)
    }

    private func requiredText(
        _ value: TemplateValue?,
        of name: String
    ) throws(TemplateFault) -> String {
        let value = value ?? .null
        if case .undefined(let reason) = value { throw .undefined(reason) }
        guard let text = value.text else {
            throw .type("\(name)() needs a str, not \(value.kindName); convert it with '|string'")
        }
        return text
    }

    private func split(
        _ text: String,
        _ name: String,
        _ isMarked: Bool,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "sep", "maxsplit", of: name)
        guard let limit = (values[1] ?? .integer(-1)).asInteger else {
            throw .type("\(name)() needs a number of parts")
        }
        let isFromEnd = name == "rsplit"
        let parts: [String]
        switch values[0] ?? .null {
        case .null:
            parts =
                isFromEnd
                ? PythonString.splitOnSpaceFromEnd(text, limit: limit)
                : PythonString.splitOnSpace(text, limit: limit)
        case let separator:
            let separator = try requiredText(separator, of: name)
            guard !separator.utf8.isEmpty else {
                throw .type("\(name)() needs a separator that is not empty")
            }
            parts = PythonString.split(text, by: separator, limit: limit, fromEnd: isFromEnd)
        }
        return try makeList(
            try parts.map { part throws(TemplateFault) in try makeString(part, marked: isMarked) }
        )
    }

    private func hasAffix(
        _ text: String,
        _ name: String,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> Bool {
        let values = try arguments.bound(to: "affix", "start", "end", of: name, required: 1)
        var subject = text
        if values[1] != nil || values[2] != nil {
            func bound(_ value: TemplateValue?) -> Int? { value?.asInteger }
            subject = try slice(.string(text), bound(values[1]), bound(values[2]), nil).text ?? ""
        }
        var affixes = [values[0] ?? .null]
        if case .tuple(let list) = affixes[0] { affixes = list.elements }
        for affix in affixes {
            let affix = try requiredText(affix, of: name)
            let isFound =
                name == "startswith"
                ? PythonString.hasPrefix(subject, affix) : PythonString.hasSuffix(subject, affix)
            if isFound { return true }
        }
        return false
    }

    private func replace(
        _ text: String,
        _ isMarked: Bool,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let values = try arguments.bound(to: "old", "new", "count", of: "replace", required: 2)
        let old = try requiredText(values[0], of: "replace")
        var new = try requiredText(values[1], of: "replace")
        if isMarked, case .string? = values[1] { new = PythonString.escapedForHTML(new) }
        guard let limit = (values[2] ?? .integer(-1)).asInteger else {
            throw .type("replace() needs a number of replacements")
        }
        return try makeString(try replaced(text, old, new, limit: limit), marked: isMarked)
    }

    /// `text.replace(old, new, limit)`; a negative limit is none.
    func replaced(
        _ text: String,
        _ old: String,
        _ new: String,
        limit: Int
    ) throws(TemplateFault) -> String {
        var writer = TextWriter(byteLimit: limits.textByteCount)
        if old.utf8.isEmpty {
            var count = 0
            for scalar in text.unicodeScalars {
                if limit < 0 || count < limit { try writer.write(new) }
                count += 1
                try writer.write(String(scalar))
            }
            if limit < 0 || count < limit { try writer.write(new) }
            return writer.text
        }
        let parts = PythonString.split(text, by: old, limit: limit)
        for (index, part) in parts.enumerated() {
            if index > 0 { try writer.write(new) }
            try writer.write(part)
        }
        return writer.text
    }

    private func join(
        _ values: TemplateValue,
        _ separator: String,
        _ isMarked: Bool
    ) throws(TemplateFault) -> String {
        var writer = TextWriter(byteLimit: limits.textByteCount)
        for (index, value) in try elements(of: values).enumerated() {
            if index > 0 { try writer.write(separator) }
            let part = try requiredText(value, of: "join")
            if isMarked, case .string = value {
                try writer.write(PythonString.escapedForHTML(part))
            } else {
                try writer.write(part)
            }
        }
        return writer.text
    }

    private func removeAffix(
        _ text: String,
        _ name: String,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> String {
        let affix = try requiredText(
            try arguments.bound(to: "affix", of: name, required: 1)[0],
            of: name
        )
        if name == "removeprefix" {
            guard PythonString.hasPrefix(text, affix) else { return text }
            return String(Substring(text.utf8.dropFirst(affix.utf8.count)))
        }
        guard PythonString.hasSuffix(text, affix) else { return text }
        return String(Substring(text.utf8.dropLast(affix.utf8.count)))
    }

    private func partition(
        _ text: String,
        _ name: String,
        _ isMarked: Bool,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> TemplateValue {
        let separator = try requiredText(
            try arguments.bound(to: "sep", of: name, required: 1)[0],
            of: name
        )
        guard !separator.utf8.isEmpty else {
            throw .type("\(name)() needs a separator that is not empty")
        }
        let isFromEnd = name == "rpartition"
        let parts = PythonString.split(text, by: separator, limit: 1, fromEnd: isFromEnd)
        let three =
            parts.count == 2
            ? [parts[0], separator, parts[1]] : isFromEnd ? ["", "", text] : [text, "", ""]
        return try makeTuple(
            try three.map { part throws(TemplateFault) in try makeString(part, marked: isMarked) }
        )
    }

    private func search(
        _ text: String,
        _ name: String,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> Int {
        let part = try requiredText(
            try arguments.bound(to: "part", of: name, required: 1)[0],
            of: name
        )
        if name == "count" { return PythonString.count(of: part, in: text) }
        if let place = PythonString.place(of: part, in: text, last: name.utf8.first == 0x72) {
            return place
        }
        guard name == "find" || name == "rfind" else {
            throw .type("\(name)() does not find the text; use find() or test it with 'in'")
        }
        return -1
    }

    private func pad(
        _ text: String,
        _ name: String,
        _ arguments: CallArguments
    ) throws(TemplateFault) -> String {
        let values = try arguments.bound(to: "width", "fillchar", of: name, required: 1)
        guard let width = values[0]?.asInteger else { throw .type("\(name)() needs a width") }
        guard width <= limits.textByteCount else { throw tooLong() }
        let missing = width - PythonString.length(of: text)
        guard missing > 0 else { return text }
        let fill = name == "zfill" ? "0" : try requiredText(values[1] ?? .string(" "), of: name)
        guard PythonString.length(of: fill) == 1 else {
            throw .type("\(name)() needs one character to fill with")
        }
        let padding = try self.text(of: try arithmetic(.multiply, .string(fill), .integer(missing)))
        if name == "ljust" { return text + padding }
        let sign = text.utf8.first
        if name == "zfill", sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            return String(Substring(text.utf8.prefix(1))) + padding
                + String(Substring(text.utf8.dropFirst()))
        }
        return padding + text
    }
}

extension PythonString {
    /// `isdigit` and its kin: true for every character, false for no characters.
    static func isAll(_ text: String, _ method: String) -> Bool {
        if method == "isupper" { return isAll(text, upper: true) }
        if method == "islower" { return isAll(text, upper: false) }
        let scalars = text.unicodeScalars
        return !scalars.isEmpty
            && scalars.allSatisfy { scalar in
                let properties = scalar.properties
                let isLetter =
                    switch properties.generalCategory {
                    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter,
                        .otherLetter:
                        true
                    default: false
                    }
                switch method {
                case "isspace": return scalar.isPythonSpace
                case "isalpha": return isLetter
                case "isdecimal": return properties.numericType == .decimal
                case "isdigit":
                    return properties.numericType == .decimal || properties.numericType == .digit
                case "isnumeric": return properties.numericType != nil
                default: return isLetter || properties.numericType != nil
                }
            }
    }
}
