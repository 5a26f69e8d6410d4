// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import IngotFiles
internal import IngotYAML

/// The YAML file of `ingot serve --auth`; `schemas/registry-access.schema.json` describes it.
package struct AccessFile: Sendable {
    package var control: AccessControl

    package init(control: AccessControl) { self.control = control }

    /// Tokens in one file.
    private static let tokenLimit = 1000

    package init(path: String) throws {
        try self.init(parsing: try Self.read(path), of: path)
    }

    static func read(_ path: String) throws -> [UInt8] {
        try Files.read(path, limit: YAMLDocument.byteLimit)
    }

    /// An error names the file that the bytes are of.
    init(parsing bytes: [UInt8], of path: String) throws {
        do {
            try self.init(parsing: bytes)
        } catch let error as FieldError {
            throw FieldError("\(path): \(error.message)")
        } catch let error as YAMLError { throw FieldError("\(path): \(error.message)") }
    }

    init(parsing bytes: [UInt8]) throws {
        var file = try FieldReader(try YAMLDocument.parse(bytes))
        var anonymous = AccessControl.Rights()
        if var reader = try file.object("anonymous") {
            anonymous = try Self.rights(&reader)
            try reader.finish()
        }
        let items = try file.array("tokens") ?? []
        guard items.count <= Self.tokenLimit else {
            throw FieldError("tokens: at most \(Self.tokenLimit) are allowed")
        }
        var tokens: [AccessControl.Token] = []
        for (index, item) in items.enumerated() {
            var reader = try FieldReader(item, path: "tokens[\(index)]")
            let name = try reader.require(reader.string("name"), "name")
            let hex = try reader.require(reader.string("sha256"), "sha256")
            guard let hash = Digest(hex: hex) else {
                throw FieldError("\(reader.place("sha256")): expected 64 lower-case hex digits")
            }
            guard !tokens.contains(where: { $0.name == name }) else {
                throw FieldError("\(reader.place("name")): '\(name)' occurs twice")
            }
            let rights = try Self.rights(&reader)
            tokens.append(AccessControl.Token(name: name, hash: hash, rights: rights))
            try reader.finish()
        }
        try file.finish()
        control = AccessControl(anonymous: anonymous, tokens: tokens)
    }

    private static func rights(
        _ reader: inout FieldReader
    ) throws(FieldError) -> AccessControl.Rights {
        let rights = AccessControl.Rights(
            read: try reader.strings("read") ?? [],
            write: try reader.strings("write") ?? []
        )
        for pattern in rights.read + rights.write {
            let stem = pattern.utf8.last == UInt8(ascii: "*") ? pattern.dropLast() : pattern[...]
            guard !pattern.isEmpty, stem.utf8.count <= 255, !stem.utf8.contains(UInt8(ascii: "*"))
            else {
                throw FieldError(
                    "\(reader.place("read")): '\(pattern)': a repository's name, with a '*' only at "
                        + "its end"
                )
            }
        }
        return rights
    }

    /// The file's text: YAML, in its JSON form where values stand, so that nothing needs escapes of
    /// YAML's own.
    package var text: String {
        func list(_ patterns: [String]) -> String {
            JSONValue.array(patterns.map { .string($0) }).canonicalText
        }
        var lines: [String] = []
        let anonymous = control.anonymous
        lines.append(
            "anonymous: {read: \(list(anonymous.read)), write: \(list(anonymous.write))}"
        )
        lines.append(control.tokens.isEmpty ? "tokens: []" : "tokens:")
        for token in control.tokens {
            lines.append("  - name: \(JSONValue.string(token.name).canonicalText)")
            lines.append("    sha256: \"\(token.hash.hex)\"")
            lines.append("    read: \(list(token.rights.read))")
            lines.append("    write: \(list(token.rights.write))")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension AccessFile {
    /// Makes a token, adds its hash to a file, which is made where it is missing, and returns the
    /// token's text, which nobody can find out again.
    package static func add(
        token name: String,
        rights: AccessControl.Rights,
        toFileAt path: String
    ) throws -> String {
        // Before it is read: whoever adds a token at the same time waits for this file.
        let part = try PartFile(for: path)
        let exists = try Files.entry(at: path) != nil
        let old = try exists ? AccessFile(path: path).control : AccessControl(anonymous: .init())
        let text = try AccessControl.newToken()
        let token = AccessControl.Token(name: name, hash: Digest.of(text), rights: rights)
        let file = AccessFile(
            control: AccessControl(anonymous: old.anonymous, tokens: old.tokens + [token])
        )
        // What would not be read again is not written.
        let bytes = Array(file.text.utf8)
        _ = try AccessFile(parsing: bytes)
        try Files.writeAll(bytes, to: part.descriptor, path: path)
        try part.finish()
        return text
    }
}
