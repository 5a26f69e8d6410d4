// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// Where a row of raw data stands: enough to find it again and to prove that it is the same.
package struct SourceLocation: Hashable, Sendable {
    package let file: String
    /// 1-based: the first line of the row.
    package let line: Int
    /// SHA-256 of the row's bytes as they stand in the file, without the line ending after it.
    package let digest: Digest

    package init(file: String, line: Int, digest: Digest) {
        self.file = file
        self.line = line
        self.digest = digest
    }
}

/// One row of raw data: named values.
package struct SourceRecord: Sendable {
    package struct Field: Hashable, Sendable {
        package let name: String
        package let text: String
    }

    enum Content: Sendable {
        /// In the order of the file.
        case fields([Field])
        case object([String: JSONValue])
    }

    let content: Content
    package let location: SourceLocation

    /// The row as JSON, when it came from a JSON format: chat shapes are nested.
    package var json: JSONValue? {
        if case .object(let members) = content { .object(members) } else { nil }
    }

    /// In the order of the file; those of a JSON object by the bytes of their names.
    package var names: [String] {
        switch content {
        case .fields(let fields): fields.map(\.name)
        case .object(let members):
            members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    /// The text of a field; of a JSON value that is not text, its JSON; nil for a JSON null.
    package subscript(name: String) -> String? {
        switch content {
        case .fields(let fields): fields.first { $0.name == name }?.text
        case .object(let members):
            switch members[name] {
            case nil, .null: nil
            case .string(let text): text
            case let value?: value.canonicalText
            }
        }
    }
}
