// SPDX-License-Identifier: Apache-2.0

package import IngotCore

extension TemplateValue {
    /// Members of objects are in the order of their UTF-8 bytes, since a `JSONValue` has no order.
    package init(_ value: JSONValue) {
        self = Self.convert(value)
    }

    private static func convert(_ value: JSONValue) -> TemplateValue {
        switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): Int(exactly: value).map { .integer($0) } ?? .number(Double(value))
        case .number(let value): .number(value)
        case .string(let value): .string(value)
        case .array(let elements): .list(TemplateList(elements.map(convert)))
        case .object(let members):
            .dictionary(
                TemplateDictionary(
                    members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { (key: $0.key, value: convert($0.value)) }
                )
            )
        }
    }

    /// Strict JSON whose objects keep the order of their members.
    package init(parsingJSON bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        // The strict parser judges the whole text first, so that the second reading can trust it.
        _ = try JSONValue(parsing: bytes, limits: limits)
        var reader = OrderedJSONReader(bytes)
        self = try reader.readValue()
    }
}

/// Reads JSON that `JSONValue` has accepted, and so meets no error that it has not reported.
private struct OrderedJSONReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func readValue() throws(JSONError) -> TemplateValue {
        skip(" \n\r\t")
        switch bytes[index] {
        case UInt8(ascii: "{"): return try readObject()
        case UInt8(ascii: "["): return try readArray()
        case UInt8(ascii: "\""): return .string(try readString())
        default:
            let start = index
            while index < bytes.count, !Self.ends.contains(bytes[index]) { index += 1 }
            return TemplateValue(try JSONValue(parsing: Array(bytes[start..<index])))
        }
    }

    private static let ends = Set(",]} \n\r\t".utf8)

    private mutating func readObject() throws(JSONError) -> TemplateValue {
        var dictionary = TemplateDictionary()
        index += 1
        skip(", \n\r\t")
        while bytes[index] != UInt8(ascii: "}") {
            let key = try readString()
            skip(": \n\r\t")
            dictionary.set(.string(key), to: try readValue())
            skip(", \n\r\t")
        }
        index += 1
        return .dictionary(dictionary)
    }

    private mutating func readArray() throws(JSONError) -> TemplateValue {
        var elements: [TemplateValue] = []
        index += 1
        skip(", \n\r\t")
        while bytes[index] != UInt8(ascii: "]") {
            elements.append(try readValue())
            skip(", \n\r\t")
        }
        index += 1
        return .list(TemplateList(elements))
    }

    private mutating func readString() throws(JSONError) -> String {
        let start = index
        index += 1
        while bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == 0x5C ? 2 : 1 }
        index += 1
        return try JSONValue(parsing: Array(bytes[start..<index])).string ?? ""
    }

    private mutating func skip(_ units: StaticString) {
        let set = units.description.utf8
        while index < bytes.count, set.contains(bytes[index]) { index += 1 }
    }
}
