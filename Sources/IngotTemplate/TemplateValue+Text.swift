// SPDX-License-Identifier: Apache-2.0

extension TemplateValue {
    /// Python's `str(x)`.
    func writeText(to writer: inout TextWriter) throws(TemplateFault) {
        switch self {
        case .undefined: break
        case .string(let text), .markup(let text): try writer.write(text)
        default: try writeRepresentation(to: &writer)
        }
    }

    /// Python's `repr(x)`.
    func writeRepresentation(to writer: inout TextWriter) throws(TemplateFault) {
        switch self {
        case .undefined: try writer.write("Undefined")
        case .null: try writer.write("None")
        case .bool(let value): try writer.write(value ? "True" : "False")
        case .integer(let value): try writer.write(String(value))
        case .number(let value): try writer.write(PythonNumber.text(of: value))
        case .string(let text): try writer.write(PythonString.representation(of: text))
        case .markup(let text):
            try writer.write("Markup(" + PythonString.representation(of: text) + ")")
        case .list(let list): try Self.write(list.elements, in: ("[", "]"), to: &writer)
        case .tuple(let list):
            let isSingle = list.elements.count == 1
            try Self.write(list.elements, in: ("(", isSingle ? ",)" : ")"), to: &writer)
        case .dictionary(let dictionary): try Self.write(dictionary, to: &writer)
        case .range(let range):
            let step = range.step == 1 ? "" : ", \(range.step)"
            try writer.write("range(\(range.start), \(range.stop)\(step))")
        case .view(let view):
            try Self.write(view.elements, in: (view.kind.rawValue + "([", "])"), to: &writer)
        case .method(let method):
            throw .type("the method '\(method.name)' is printed; call it with '()'")
        case .handle:
            throw .type("a \(kindName) cannot be printed; print its attributes instead")
        }
    }

    private static func write(
        _ elements: [TemplateValue],
        in brackets: (String, String),
        to writer: inout TextWriter
    ) throws(TemplateFault) {
        try writer.write(brackets.0)
        var isFirst = true
        for element in elements {
            if !isFirst { try writer.write(", ") }
            isFirst = false
            try element.writeRepresentation(to: &writer)
        }
        try writer.write(brackets.1)
    }

    private static func write(
        _ dictionary: TemplateDictionary,
        to writer: inout TextWriter
    ) throws(TemplateFault) {
        try writer.write("{")
        for index in 0..<dictionary.count {
            if index > 0 { try writer.write(", ") }
            try dictionary.keys[index].writeRepresentation(to: &writer)
            try writer.write(": ")
            try dictionary.values[index].writeRepresentation(to: &writer)
        }
        try writer.write("}")
    }
}
