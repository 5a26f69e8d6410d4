// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Reads a request's fields.
///
/// Unlike a recipe, a request may have fields that nobody knows: clients
/// of other versions send them. What changes the answer and is not supported is refused by name.
struct RequestFields {
    private let members: [String: JSONValue]

    init(_ json: JSONValue) throws(InferenceError) {
        guard let members = json.object else {
            throw InferenceError(.invalidRequest, "the body must be a JSON object")
        }
        self.members = members
    }

    /// Nil when the field is absent or null.
    subscript(name: String) -> JSONValue? {
        // A bare nil would be JSON's null here.
        guard let value = members[name], value != .null else { return .none }
        return .some(value)
    }

    func string(_ name: String) throws(InferenceError) -> String? {
        try read(name, "text", \.string)
    }

    func bool(_ name: String) throws(InferenceError) -> Bool? {
        try read(name, "true or false", \.bool)
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(InferenceError) -> Int? {
        guard let value = try read(name, "a whole number", \.integer) else { return nil }
        guard range.contains(value) else {
            throw .invalid(name, "expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(InferenceError) -> Double? {
        guard let value = try read(name, "a number", \.double) else { return nil }
        guard range.contains(value) else {
            throw .invalid(name, "expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Refuses a field that asks for something which this server does not do; `neutral` values of
    /// it ask for nothing.
    func refuse(_ name: String, unless neutral: JSONValue...) throws(InferenceError) {
        guard let value = self[name], !neutral.contains(value) else { return }
        throw .invalid(name, "not supported by this server; leave it out")
    }

    private func read<Value>(
        _ name: String,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) throws(InferenceError) -> Value? {
        guard let value = self[name] else { return nil }
        guard let converted = convert(value) else { throw .invalid(name, "expected \(expected)") }
        return converted
    }
}
