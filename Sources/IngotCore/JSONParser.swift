// SPDX-License-Identifier: Apache-2.0

/// A JSON text that is not strict JSON, with the place of the first fault.
package struct JSONError: IngotError {
    /// 1-based.
    package let line: Int
    /// In bytes, 1-based.
    package let column: Int
    package let problem: String

    package var message: String { "line \(line), column \(column): \(problem)" }
}

/// Strict JSON (RFC 8259) with limits: valid UTF-8, no duplicate keys, no trailing bytes.
package struct JSONLimits: Sendable {
    /// Levels of arrays and objects: deeper ones are refused before they can exhaust the stack.
    package var depth = 64
    /// Bytes of the whole text.
    package var byteCount = 64 << 20

    package init() {}
}

extension JSONValue {
    package init(
        parsing bytes: [UInt8],
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, limits: limits)
        self = try parser.parseDocument()
    }

    package init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

private struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var index = 0
    private var depth = 0

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.byteCount else {
            throw failure("\(bytes.count) bytes exceed the limit of \(limits.byteCount)")
        }
        let value = try parseValue()
        skipSpace()
        guard index == bytes.count else { throw failure("unexpected text after the value") }
        return value
    }

    private func failure(_ problem: String) -> JSONError {
        let seen = bytes[..<min(index, bytes.count)]
        let line = seen.count { $0 == 0x0A } + 1
        let lineStart = seen.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return JSONError(line: line, column: seen.count - lineStart + 1, problem: problem)
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let unit = current, unit == 0x20 || unit == 0x0A || unit == 0x0D || unit == 0x09 {
            index += 1
        }
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        skipSpace()
        guard let unit = current else { throw failure("the text ends where a value is expected") }
        switch unit {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw failure("expected a JSON value")
        }
    }

    private mutating func parseWord(
        _ word: StaticString,
        _ value: JSONValue
    ) throws(JSONError) -> JSONValue {
        let text = Array(word.description.utf8)
        guard bytes[index...].starts(with: text) else { throw failure("expected a JSON value") }
        index += text.count
        return value
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= limits.depth else {
            throw failure("nested more than \(limits.depth) levels deep")
        }
        index += 1
        skipSpace()
    }

    private mutating func parseArray() throws(JSONError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            index += 1
            return .array(elements)
        }
        while true {
            elements.append(try parseValue())
            skipSpace()
            if try endsList(with: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var members: [String: JSONValue] = [:]
        // Bytes, not String ==, which would take canonically equivalent keys for duplicates.
        var keys = Set<[UInt8]>()
        if current == UInt8(ascii: "}") {
            index += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let key = try parseString()
            guard keys.insert(Array(key.utf8)).inserted, members[key] == nil else {
                throw failure("duplicate key \"\(key)\"")
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw failure("expected ':' after the key") }
            index += 1
            members[key] = try parseValue()
            skipSpace()
            if try endsList(with: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func endsList(with bracket: UInt8) throws(JSONError) -> Bool {
        guard let unit = current, unit == bracket || unit == UInt8(ascii: ",") else {
            throw failure("expected ',' or '\(Character(UnicodeScalar(bracket)))'")
        }
        index += 1
        return unit == bracket
    }

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = index
        if current == UInt8(ascii: "-") { index += 1 }
        let firstDigit = current
        let digits = skipDigits()
        guard digits > 0 else { throw failure("expected a digit") }
        guard digits == 1 || firstDigit != UInt8(ascii: "0") else {
            throw failure("a number must not start with 0")
        }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            guard skipDigits() > 0 else { throw failure("expected a digit after '.'") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            index += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
            guard skipDigits() > 0 else { throw failure("expected a digit in the exponent") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw failure("the number \(text.prefix(40)) is out of range")
        }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = index
        while let unit = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(unit) {
            index += 1
        }
        return index - start
    }

    private mutating func parseString() throws(JSONError) -> String {
        index += 1
        var content: [UInt8] = []
        var runStart = index
        while let unit = current {
            switch unit {
            case UInt8(ascii: "\""):
                content += bytes[runStart..<index]
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure("the string before this place is not valid UTF-8")
                }
                index += 1
                return text
            case UInt8(ascii: "\\"):
                content += bytes[runStart..<index]
                try parseEscape(into: &content)
                runStart = index
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default: index += 1
            }
        }
        throw failure("the text ends inside a string")
    }

    private mutating func parseEscape(into content: inout [UInt8]) throws(JSONError) {
        index += 1
        guard let unit = current else { throw failure("the text ends inside a string") }
        index += 1
        switch unit {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(unit)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try parseScalar()
            content += Array(String(Character(scalar)).utf8)
        default: throw failure("unknown escape")
        }
    }

    private mutating func parseScalar() throws(JSONError) -> Unicode.Scalar {
        let first = try parseCodeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), current == UInt8(ascii: "\\"),
            index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "u")
        else { throw failure("half of a surrogate pair") }
        index += 2
        let second = try parseCodeUnit()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(
                0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
            )
        else { throw failure("half of a surrogate pair") }
        return scalar
    }

    private mutating func parseCodeUnit() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let unit = current, let digit = Character(UnicodeScalar(unit)).hexDigitValue
            else {
                throw failure("expected four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }
}
