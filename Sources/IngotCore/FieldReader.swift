// SPDX-License-Identifier: Apache-2.0

/// A configuration that has a wrong or missing field, or one that nobody knows.
package struct FieldError: IngotError {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// Reads the fields of a configuration object strictly: every field is asked for by name, and
/// `finish` refuses those that nobody asked for, with the nearest known one.
package struct FieldReader {
    /// Where the object is, such as `train.lora`; empty at the top.
    package let path: String
    private let members: [String: JSONValue]
    private var known: [String] = []

    package init(_ value: JSONValue, path: String = "") throws(FieldError) {
        guard let members = value.object else {
            throw FieldError("\(path.isEmpty ? "the file" : path): expected keys and values")
        }
        self.path = path
        self.members = members
    }

    package func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// Nil when the field is absent or null.
    package mutating func value(_ name: String) -> JSONValue? {
        known.append(name)
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    package mutating func required(_ name: String) throws(FieldError) -> JSONValue {
        guard let value = value(name) else { throw FieldError("\(place(name)) is missing") }
        return value
    }

    package mutating func string(_ name: String) throws(FieldError) -> String? {
        try read(name, "text", \.string)
    }

    package mutating func integer(_ name: String) throws(FieldError) -> Int? {
        try read(name, "a whole number", \.integer)
    }

    package mutating func number(_ name: String) throws(FieldError) -> Double? {
        try read(name, "a number", \.double)
    }

    package mutating func bool(_ name: String) throws(FieldError) -> Bool? {
        try read(name, "true or false", \.bool)
    }

    package mutating func array(_ name: String) throws(FieldError) -> [JSONValue]? {
        try read(name, "a list", \.array)
    }

    package mutating func strings(_ name: String) throws(FieldError) -> [String]? {
        try read(name, "a list of texts") { value in
            guard let elements = value.array else { return nil }
            let texts = elements.compactMap(\.string)
            return texts.count == elements.count ? texts : nil
        }
    }

    /// The reader of a nested object.
    package mutating func object(_ name: String) throws(FieldError) -> FieldReader? {
        guard let value = value(name) else { return nil }
        return try FieldReader(value, path: place(name))
    }

    private mutating func read<Value>(
        _ name: String,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) throws(FieldError) -> Value? {
        guard let value = value(name) else { return nil }
        guard let converted = convert(value) else {
            throw FieldError("\(place(name)): expected \(expected)")
        }
        return converted
    }

    /// Refuses fields that were never asked for.
    package func finish() throws(FieldError) {
        let unknown = members.keys.filter { !known.contains($0) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard let first = unknown.first else { return }
        let hint =
            Spelling.nearest(to: first, among: known).map { ": did you mean '\($0)'?" }
            ?? ": known here are \(known.joined(separator: ", "))"
        throw FieldError("\(place(first)) is not a known key\(hint)")
    }
}

/// Unwraps with a message of the reader's kind.
extension FieldReader {
    package func require<Value>(_ value: Value?, _ name: String) throws(FieldError) -> Value {
        guard let value else { throw FieldError("\(place(name)) is missing") }
        return value
    }
}
