// SPDX-License-Identifier: Apache-2.0

/// A value as templates see it, with Python's kinds and Python's order of dictionary entries.
package enum TemplateValue: Sendable {
    /// A name, attribute or item that does not exist: prints as nothing, has no attributes.
    case undefined(UndefinedReason)
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    /// Text marked by the `safe` filter: what is added to it is HTML-escaped, as `Markup` does.
    case markup(String)
    case list(TemplateList)
    case tuple(TemplateList)
    case dictionary(TemplateDictionary)
    case range(TemplateRange)
    /// `dict.items()`, `dict.keys()` or `dict.values()`.
    case view(TemplateView)
    /// A method taken from a value and not called yet.
    case method(TemplateMethod)
    /// Something the interpreter keeps, which lives as long as the rendering.
    case handle(TemplateHandle)
}

/// Why a value is undefined, for the message when it is used nevertheless.
package enum UndefinedReason: Sendable {
    case name(String)
    case attribute(String, of: String)
    case item(of: String)
    /// Python's sandbox hides it.
    case unsafe(String)
    case other(String)
}

/// Elements in order.
///
/// The depth is kept so that no value can nest without bound.
package struct TemplateList: Sendable {
    package let elements: [TemplateValue]
    let depth: Int

    package init(_ elements: [TemplateValue]) {
        self.elements = elements
        var deepest = 0
        for element in elements { deepest = max(deepest, element.depth) }
        depth = deepest + 1
    }
}

/// Python's `range`: never longer than the limit on elements.
package struct TemplateRange: Sendable {
    let start: Int
    let stop: Int
    let step: Int
    let count: Int

    /// For 0 ≤ index < count, which lies between `start` and `stop` and so cannot overflow.
    func element(_ index: Int) -> Int { start &+ index &* step }

    var elements: [TemplateValue] { (0..<count).map { .integer(element($0)) } }
}

package struct TemplateView: Sendable {
    enum Kind: String, Sendable {
        case items = "dict_items", keys = "dict_keys", values = "dict_values"
    }

    let kind: Kind
    let dictionary: TemplateDictionary

    var elements: [TemplateValue] {
        switch kind {
        case .keys: dictionary.keys
        case .values: dictionary.values
        case .items:
            zip(dictionary.keys, dictionary.values).map { .tuple(TemplateList([$0, $1])) }
        }
    }
}

package final class TemplateMethod: Sendable {
    let receiver: TemplateValue
    let name: String

    init(receiver: TemplateValue, name: String) {
        self.receiver = receiver
        self.name = name
    }
}

/// Indices into the interpreter's tables: values that can change or refer to each other are never
/// referred to by other values, so that no cycle and no long chain of owners can arise.
package enum TemplateHandle: Hashable, Sendable {
    case namespace(Int)
    case macro(Int)
    case iterator(Int)
    case loop(Int)
    case function(GlobalFunction)
}

/// The functions every template can call.
package enum GlobalFunction: String, CaseIterable, Sendable {
    case range, dict, namespace
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
}

extension TemplateValue {
    /// Levels of containers.
    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        case .view(let view): view.dictionary.depth + 1
        case .method(let method): method.receiver.depth + 1
        default: 0
        }
    }

    /// The text of a string, marked or not.
    package var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// Python's `type(x).__name__`.
    var kindName: String {
        switch self {
        case .undefined: "Undefined"
        case .null: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .number: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .range: "range"
        case .view(let view): view.kind.rawValue
        case .method: "builtin_function_or_method"
        case .handle(.namespace): "Namespace"
        case .handle(.macro): "Macro"
        case .handle(.iterator): "generator"
        case .handle(.loop): "LoopContext"
        case .handle(.function): "function"
        }
    }

    /// Python's `bool(x)`.
    var isTrue: Bool {
        switch self {
        case .undefined, .null: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let text), .markup(let text): !text.utf8.isEmpty
        case .list(let list), .tuple(let list): !list.elements.isEmpty
        case .dictionary(let dictionary): dictionary.count > 0
        case .range(let range): range.count > 0
        case .view(let view): view.dictionary.count > 0
        case .method, .handle: true
        }
    }

    /// The value as an integer where Python's `bool` counts as one.
    var asInteger: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): value
        default: nil
        }
    }

    var asDouble: Double? {
        if case .number(let value) = self { value } else { asInteger.map(Double.init) }
    }
}
