// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotFiles
internal import IngotYAML

/// What Git keeps in place of some data: `data.ingot` beside `data` names the version to be there.
///
/// YAML of five keys, and a sixth for a single file; `schemas/pointer.schema.json` describes them.
package struct Pointer: Sendable, Hashable {
    /// What the version becomes when it is checked out.
    package enum Form: String, Sendable, CaseIterable {
        case directory
        /// The version's only file lies beside the pointer, not in a directory.
        case file
    }

    package let repository: RepositoryName
    /// The tag that the version had when the pointer was written; the digest is what binds.
    package let tag: Tag
    /// Of the version's manifest.
    package let digest: Digest
    /// Bytes of all files.
    package let byteCount: Int
    package let fileCount: Int
    package let form: Form

    /// Far more than a pointer can need.
    static let byteLimit = 64 << 10

    package init(
        repository: RepositoryName,
        tag: Tag,
        digest: Digest,
        byteCount: Int,
        fileCount: Int,
        form: Form = .directory
    ) {
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.byteCount = byteCount
        self.fileCount = fileCount
        self.form = form
    }

    /// `repository:tag`.
    package var reference: Reference { Reference(repository: repository, target: .tag(tag)) }

    /// - Throws: `WorkspaceError` that says what is wrong with which key.
    package init(parsing bytes: [UInt8]) throws(WorkspaceError) {
        do {
            guard bytes.count <= Self.byteLimit else {
                throw WorkspaceError("\(bytes.count) bytes, where \(Self.byteLimit) are enough")
            }
            var fields = try FieldReader(try YAMLDocument.parse(bytes))
            repository = try RepositoryName(
                parsing: fields.require(fields.string("repository"), "repository")
            )
            tag = try Tag(parsing: fields.require(fields.string("tag"), "tag"))
            digest = try Digest(parsing: fields.require(fields.string("digest"), "digest"))
            byteCount = try fields.require(fields.integer("size"), "size")
            fileCount = try fields.require(fields.integer("files"), "files")
            let form = try fields.string("form") ?? Form.directory.rawValue
            guard let known = Form(rawValue: form) else {
                throw FieldError("form '\(form)': expected 'directory' or 'file'")
            }
            self.form = known
            try fields.finish()
            guard byteCount >= 0 else { throw FieldError("size: \(byteCount) is below zero") }
            guard fileCount >= 0 else { throw FieldError("files: \(fileCount) is below zero") }
            guard form == Form.directory.rawValue || fileCount == 1 else {
                throw FieldError("files: a pointer of the form 'file' has one, not \(fileCount)")
            }
        } catch let error as any IngotError {
            throw WorkspaceError(error.message)
        } catch {
            throw WorkspaceError("\(error)")
        }
    }

    /// The same values are the same bytes.
    package var text: String {
        var lines = [
            "# An Ingot pointer: 'ingot pull' brings back the data that belongs beside this file.",
            "repository: \(Self.scalar(repository.text))",
            "tag: \(Self.scalar(tag.text))",
            "digest: \(digest)",
            "size: \(byteCount)",
            "files: \(fileCount)",
        ]
        if form == .file { lines.append("form: file") }
        return lines.map { "\($0)\n" }.joined()
    }

    /// A name as YAML: in quotes where some reader could take it for a number or a truth.
    private static func scalar(_ text: String) -> String {
        let words: Set = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        let isLetter = text.utf8.first.map {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
        }
        return isLetter == true && !words.contains(text.lowercased()) ? text : "'\(text)'"
    }
}

extension Pointer {
    package static let suffix = ".ingot"

    /// Where the pointer of some data lies: beside it.
    package static func path(of data: String) -> String { data + suffix }

    /// The data that a pointer at this path belongs to; nil when the path is no pointer's.
    package static func dataPath(of pointer: String) -> String? {
        let name = pointer.split(separator: "/").last ?? ""
        guard name.hasSuffix(suffix), name.utf8.count > suffix.utf8.count else { return nil }
        return String(pointer.dropLast(suffix.count))
    }

    /// - Throws: `WorkspaceError` that names the file.
    package static func read(_ path: String) throws -> Pointer {
        do {
            return try Pointer(parsing: Files.read(path, limit: byteLimit + 1))
        } catch let error as WorkspaceError {
            throw WorkspaceError("\(path): \(error.message)")
        } catch let error as FileError where error.isMissing {
            throw WorkspaceError("\(path): no such pointer: 'ingot add' makes one")
        }
    }

    /// Writes the pointer by rename; a file that says the same already is left alone.
    ///
    /// - Returns: Whether the file changed.
    @discardableResult
    package func write(to path: String) throws -> Bool {
        let bytes = Array(text.utf8)
        if case .file(let count, _)? = try Files.entry(at: path), count == bytes.count,
            try Files.read(path, limit: count) == bytes
        {
            return false
        }
        try Files.replace(path, with: bytes)
        return true
    }
}
