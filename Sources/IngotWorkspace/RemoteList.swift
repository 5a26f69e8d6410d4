// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotFiles
internal import IngotYAML

/// The remotes of a workspace: the member `remotes` of `ingot.yaml`, which is committed to Git.
package struct RemoteList: Sendable, Equatable {
    package static let fileName = "ingot.yaml"
    /// Used where nobody names one.
    package static let defaultName = "origin"
    private static let byteLimit = 1 << 20

    /// Addresses by name.
    package private(set) var addresses: [String: String]
    private let path: String

    /// Reads the file of a workspace; none is an empty list.
    package init(workspace: String) throws {
        path = "\(workspace)/\(Self.fileName)"
        addresses = [:]
        guard try Files.entry(at: path) != nil else { return }
        do {
            let bytes = try Files.read(path, limit: Self.byteLimit)
            var fields = try FieldReader(try YAMLDocument.parse(bytes))
            let list = try fields.required("remotes")
            try fields.finish()
            guard let members = list.object else {
                throw FieldError("remotes: expected names with addresses")
            }
            for (name, value) in members {
                guard let address = value.string else {
                    throw FieldError("remotes.\(name): expected an address")
                }
                try Self.check(name)
                addresses[name] = address
            }
        } catch let error as any IngotError {
            throw WorkspaceError("\(path): \(error.message)")
        }
    }

    /// A name follows the grammar of tags.
    private static func check(_ name: String) throws {
        guard (try? Tag(parsing: name)) != nil else {
            throw WorkspaceError("remote '\(name)': use letters, digits, '-', '_' and '.'")
        }
    }

    /// - Throws: `WorkspaceError` when the name is taken or none.
    package mutating func add(_ name: String, _ address: String) throws {
        try Self.check(name)
        if let known = addresses[name] {
            throw WorkspaceError("remote '\(name)' is \(known): remove it first")
        }
        addresses[name] = address
        try write()
    }

    package mutating func remove(_ name: String) throws {
        guard addresses.removeValue(forKey: name) != nil else { throw unknown(name) }
        try write()
    }

    /// The address that a name means; without a name `origin`, or the only one.
    package func address(named name: String?) throws -> String {
        if let name {
            guard let address = addresses[name] else { throw unknown(name) }
            return address
        }
        if let address = addresses[Self.defaultName] { return address }
        guard let only = addresses.values.first, addresses.count == 1 else {
            throw WorkspaceError(
                addresses.isEmpty
                    ? "no remote: name one with --remote, or add it with 'ingot remote add'"
                    : "several remotes: say --remote \(names.joined(separator: " or "))"
            )
        }
        return only
    }

    package var names: [String] { addresses.keys.sorted() }

    private func unknown(_ name: String) -> WorkspaceError {
        let hint = Spelling.nearest(to: name, among: names).map { ": did you mean '\($0)'?" }
        return WorkspaceError("remote '\(name)': there is none of that name\(hint ?? "")")
    }

    private func write() throws {
        let lines = names.map { "  \($0): '\((addresses[$0] ?? "").quoted)'\n" }
        let text = "remotes:\(lines.isEmpty ? " {}" : "")\n" + lines.joined()
        try Files.replace(path, with: text.utf8)
    }
}

extension String {
    /// For YAML's single quotes.
    fileprivate var quoted: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }
}
