// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A conversation that was found in a record, before it is cleaned.
struct Draft {
    var messages: [Message]
    /// The prompt without what all prompts share: what near-duplicates are judged by.
    var distinctText: String
    /// Nil when no group is configured: the example is its own group.
    var group: String?
    let source: SourceLocation
}

/// Finds the conversation in a record: by the recipe's templates, or by one of the known shapes.
struct ExampleShaper {
    private let configuration: PrepareConfiguration
    private let derivedNames: Set<String>
    /// Fields that the recipe uses and no record had so far.
    private var unseen: [(place: String, name: String)]
    /// Kept as long as a field is unseen, to say which there are instead.
    private var names: Set<String> = []

    init(_ configuration: PrepareConfiguration) {
        self.configuration = configuration
        derivedNames = Set(configuration.derivations.map(\.name))
        unseen = configuration.usedFields
    }

    mutating func shape(_ record: SourceRecord) throws -> Result<Draft, Rejection> {
        if !unseen.isEmpty {
            names.formUnion(record.names)
            unseen.removeAll { names.contains($0.name) }
        }
        var derived: [String: String] = [:]
        for (name, derivation) in configuration.derivations {
            derived[name] = derivation.value(in: record)
        }
        let derivedNames = derivedNames
        let value = { (name: String) -> String? in
            if derivedNames.contains(name) { return derived[name] }
            guard let text = record[name], !text.isBlank else { return nil }
            return text
        }
        for (name, excluded) in configuration.exclusions {
            if let text = value(name), excluded.contains(text) {
                return .failure(Rejection(.excluded, "\(name) is '\(text)'"))
            }
        }
        let found = try configuration.prompt == nil ? chat(record) : filled(record, value)
        guard case .success(var draft) = found else { return found }
        if let system = configuration.system, draft.messages.first?.role != .system {
            draft.messages.insert(Message(role: .system, content: system), at: 0)
        }
        if let template = configuration.group {
            switch template.fill(value) {
            case .filled(let text, _): draft.group = text
            case .missing(let name): return .failure(Self.missing(name))
            }
        }
        return .success(draft)
    }

    /// Refuses a template that names a field which no record had.
    func checkFields() throws {
        guard let (place, name) = unseen.first else { return }
        let known = names.union(derivedNames)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let hint =
            Spelling.nearest(to: name, among: known).map { ": did you mean '\($0)'?" }
            ?? ": the records have \(known.prefix(20).joined(separator: ", "))"
        throw DataError("\(place): no record has the field '\(name)'\(hint)")
    }

    private func filled(
        _ record: SourceRecord,
        _ value: (String) -> String?
    ) -> Result<Draft, Rejection> {
        guard let prompt = configuration.prompt, let completion = configuration.completion else {
            return .failure(Rejection(.wrongShape, "no templates"))
        }
        switch (prompt.fill(value), completion.fill(value)) {
        case (.filled(let question, let distinct), .filled(let answer, _)):
            return .success(
                Draft(
                    messages: [
                        Message(role: .user, content: question),
                        Message(role: .assistant, content: answer),
                    ],
                    distinctText: distinct,
                    group: nil,
                    source: record.location
                )
            )
        case (.missing(let name), _), (_, .missing(let name)):
            return .failure(Self.missing(name))
        }
    }

    private static func missing(_ name: String) -> Rejection {
        Rejection(.missingField, "no '\(name)'")
    }

    private func chat(_ record: SourceRecord) throws -> Result<Draft, Rejection> {
        guard let json = record.json, let shape = ChatShape(of: json) else {
            let names = record.names.prefix(20).joined(separator: ", ")
            throw DataError(
                file: record.location.file,
                line: record.location.line,
                "no known shape among the fields \(names): expected messages, conversations, "
                    + "prompt and completion, or instruction and output; or give 'prompt' and "
                    + "'completion' templates in the recipe"
            )
        }
        do {
            let messages = try shape.messages(in: json)
            let distinct = messages.dropLast().filter { $0.role != .system }
                .map(\.content).joined(separator: "\n")
            return .success(
                Draft(
                    messages: messages,
                    distinctText: distinct,
                    group: nil,
                    source: record.location
                )
            )
        } catch {
            return .failure(Rejection(.wrongShape, error.message))
        }
    }
}
