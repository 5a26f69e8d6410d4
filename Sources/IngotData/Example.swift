// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// One turn of a conversation.
package struct Message: Hashable, Sendable {
    package enum Role: String, CaseIterable, Sendable {
        case system, developer, user, assistant, tool
    }

    package let role: Role
    package let content: String

    package init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}

/// One row of a prepared dataset: a conversation whose last turn is the answer to learn.
///
/// Its JSON form is `schemas/prepared-example.schema.json`, one a line.
package struct Example: Sendable, Equatable {
    /// Unique in the dataset: `file:line` of the source row.
    package let id: String
    /// Examples of one group stand in one split: they are not independent.
    package let group: String
    /// At least two; the last one is the assistant's.
    package let messages: [Message]
    package let source: SourceLocation

    package init(id: String, group: String, messages: [Message], source: SourceLocation) {
        self.id = id
        self.group = group
        self.messages = messages
        self.source = source
    }

    /// What the model is given.
    package var prompt: ArraySlice<Message> { messages.dropLast() }

    /// What it should answer.
    package var answer: String { messages.last?.content ?? "" }
}

extension Example {
    package var json: JSONValue {
        [
            "id": .string(id),
            "group": .string(group),
            "messages": .array(
                messages.map {
                    ["role": .string($0.role.rawValue), "content": .string($0.content)]
                }
            ),
            "source": [
                "file": .string(source.file),
                "line": .integer(Int64(source.line)),
                "digest": .string(source.digest.description),
            ],
        ]
    }

    package init(json: JSONValue) throws {
        var reader = try FieldReader(json)
        id = try reader.require(reader.string("id"), "id")
        group = try reader.require(reader.string("group"), "group")
        messages = try Self.messages(reader.require(reader.array("messages"), "messages"))
        var place = try reader.require(reader.object("source"), "source")
        source = SourceLocation(
            file: try place.require(place.string("file"), "file"),
            line: try place.require(place.integer("line"), "line"),
            digest: try Digest(parsing: place.require(place.string("digest"), "digest"))
        )
        try place.finish()
        try reader.finish()
    }

    private static func messages(_ elements: [JSONValue]) throws -> [Message] {
        let messages = try elements.enumerated().map { index, element in
            var reader = try FieldReader(element, path: "messages[\(index)]")
            let name = try reader.require(reader.string("role"), "role")
            guard let role = Message.Role(rawValue: name) else {
                throw DataError("messages[\(index)].role: '\(name)' is not a role")
            }
            let content = try reader.require(reader.string("content"), "content")
            try reader.finish()
            return Message(role: role, content: content)
        }
        guard messages.count >= 2, messages.last?.role == .assistant else {
            throw DataError("messages: expected a prompt and, last, the assistant's answer")
        }
        return messages
    }

    /// Reads a split of a prepared dataset, such as `train.jsonl`.
    ///
    /// - Throws: `DataError` with file and line.
    package static func examples(file: String, bytes: [UInt8]) throws -> [Example] {
        var examples: [Example] = []
        try RecordReader(file: file, bytes: bytes).forEach(format: .jsonl) { record in
            do {
                examples.append(try Example(json: record.json ?? .null))
            } catch let error as any IngotError {
                throw DataError(file: file, line: record.location.line, error.message)
            }
        }
        return examples
    }
}
