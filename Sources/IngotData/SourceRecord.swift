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

/// One row of raw data: named values in the order of the file.
package struct SourceRecord: Sendable {
    package struct Field: Hashable, Sendable {
        package let name: String
        package let text: String
    }

    package let fields: [Field]
    /// The row as JSON, when it came from a JSON format: chat shapes are nested.
    package let json: JSONValue?
    package let location: SourceLocation

    package subscript(name: String) -> String? {
        fields.first { $0.name == name }?.text
    }
}
