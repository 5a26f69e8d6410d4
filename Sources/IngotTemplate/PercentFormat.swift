// SPDX-License-Identifier: Apache-2.0

extension Interpreter {
    /// Python's `format % values` for `%s`, `%r`, `%d`, `%i`, `%x` and `%f`, with width, `-`, `0`
    /// and precision.
    func percentFormat(
        _ format: String,
        _ value: TemplateValue
    ) throws(TemplateFault) -> String {
        var values = [value][...]
        if case .tuple(let list) = value { values = list.elements[...] }
        var writer = TextWriter(byteLimit: limits.textByteCount)
        var rest = format.unicodeScalars[...]
        while let place = rest.firstIndex(of: "%") {
            try writer.write(String(rest[..<place]))
            rest = rest[rest.index(after: place)...]
            try charge(8)
            let directive = try Directive(&rest)
            if directive.conversion == "%" {
                try writer.write("%")
                continue
            }
            guard let next = values.popFirst() else {
                throw .type("the format needs more values than it gets; pass one for each '%'")
            }
            try writer.write(try text(of: next, as: directive))
        }
        try writer.write(String(rest))
        if !values.isEmpty, case .dictionary = value { return writer.text }
        guard values.isEmpty else {
            throw .type("the format gets more values than it has places; remove some")
        }
        return writer.text
    }

    private struct Directive {
        var isLeft = false
        var hasZeros = false
        var width = 0
        var precision: Int?
        var conversion: Unicode.Scalar = "s"

        /// 1,000 columns are more than a prompt has use for.
        private static let widthLimit = 1000

        init(_ rest: inout Substring.UnicodeScalarView) throws(TemplateFault) {
            while let flag = rest.first, flag == "-" || flag == "0" {
                if flag == "-" { isLeft = true } else { hasZeros = true }
                rest.removeFirst()
            }
            width = Self.number(&rest) ?? 0
            if rest.first == "." {
                rest.removeFirst()
                precision = Self.number(&rest) ?? 0
            }
            guard let conversion = rest.popFirst(), width <= Self.widthLimit,
                precision ?? 0 <= Self.widthLimit, "srdixf%".unicodeScalars.contains(conversion)
            else {
                throw .type("the format is not one of %s, %r, %d, %x and %f; use these")
            }
            self.conversion = conversion
        }

        private static func number(_ rest: inout Substring.UnicodeScalarView) -> Int? {
            let digits = rest.prefix { $0.isDigit }
            rest = rest[digits.endIndex...]
            return digits.isEmpty ? nil : Int(String(digits)) ?? .max
        }
    }

    private func text(
        of value: TemplateValue,
        as directive: Directive
    ) throws(TemplateFault) -> String {
        var text: String
        switch directive.conversion {
        case "s", "r":
            if directive.conversion == "r" {
                var writer = TextWriter(byteLimit: limits.textByteCount)
                try value.writeRepresentation(to: &writer)
                text = writer.text
            } else {
                text = try self.text(of: value)
            }
            if let precision = directive.precision {
                text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
            }
        case "f":
            guard let number = value.asDouble else {
                throw .type("%f needs a number, not \(value.kindName)")
            }
            try charge(FixedPoint.cost(of: number))
            text = FixedPoint.text(of: number, digits: directive.precision ?? 6)
        default:
            var whole = value.asInteger
            if directive.conversion != "x", case .number(let number) = value {
                whole = Int(exactly: number.rounded(.towardZero))
            }
            guard let whole else {
                throw .type("%d needs a whole number, not \(value.kindName)")
            }
            text = String(whole, radix: directive.conversion == "x" ? 16 : 10)
        }
        return pad(text, directive)
    }

    private func pad(_ text: String, _ directive: Directive) -> String {
        let missing = directive.width - PythonString.length(of: text)
        guard missing > 0 else { return text }
        if directive.isLeft { return text + String(repeating: " ", count: missing) }
        guard directive.hasZeros, directive.conversion != "s", directive.conversion != "r" else {
            return String(repeating: " ", count: missing) + text
        }
        let zeros = String(repeating: "0", count: missing)
        guard text.utf8.first == UInt8(ascii: "-") else { return zeros + text }
        return "-" + zeros + String(text.dropFirst())
    }
}
