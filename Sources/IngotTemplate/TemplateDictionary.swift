// SPDX-License-Identifier: Apache-2.0

/// A dictionary that keeps the order of insertion, as Python's does.
package struct TemplateDictionary: Sendable {
    /// What Python takes for one key: `1`, `1.0` and `True` are equal, strings differ by scalars.
    private enum Key: Hashable, Sendable {
        case null
        case integer(Int)
        case number(Double)
        case text(ArraySlice<UInt8>)

        init?(_ value: TemplateValue) {
            switch value {
            case .null: self = .null
            case .bool(let value): self = .integer(value ? 1 : 0)
            case .integer(let value): self = .integer(value)
            case .number(let value):
                self = Int(exactly: value).map { .integer($0) } ?? .number(value)
            case .string(let text), .markup(let text): self = .text(Array(text.utf8)[...])
            default: return nil
            }
        }
    }

    package private(set) var keys: [TemplateValue] = []
    package private(set) var values: [TemplateValue] = []
    private var places: [Key: Int] = [:]
    private(set) var depth = 1

    package var count: Int { keys.count }

    package init() {}

    /// Keys are distinct.
    package init(_ members: [(key: String, value: TemplateValue)]) {
        for (key, value) in members { set(.string(key), to: value) }
    }

    package subscript(key: String) -> TemplateValue? { value(of: .string(key)) }

    /// Whether a value can be a key.
    ///
    /// Tuples, which Python allows, are left out.
    static func canHold(key: TemplateValue) -> Bool { Key(key) != nil }

    func value(of key: TemplateValue) -> TemplateValue? {
        guard let key = Key(key), let place = places[key] else { return nil }
        return values[place]
    }

    /// Does nothing for a value that cannot be a key; see `canHold(key:)`.
    mutating func set(_ keyValue: TemplateValue, to value: TemplateValue) {
        guard let key = Key(keyValue) else { return }
        depth = max(depth, value.depth + 1)
        if let place = places[key] {
            values[place] = value
        } else {
            places[key] = keys.count
            keys.append(keyValue)
            values.append(value)
        }
    }
}
