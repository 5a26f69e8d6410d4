// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore
import IngotStore
import IngotWorkspace

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the files in which two versions differ, or data and their pointer.",
        discussion: """
            A is added, M modified, D deleted. With one version, it is compared with its \
            repository's newest; with a pointer, its data with it; with a pointer and a version, \
            that version with the pointer's. Parts that both versions have are not read.
            """
    )

    @Argument(
        help: "A pointer, its data, or a version.",
        completion: References.completion
    )
    var old: String?

    @Argument(help: "The version to compare with.", completion: References.completion)
    var new: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func run() throws {
        let open = try OpenStore(options)
        if new == nil, old.map({ (try? Reference(parsing: $0)) == nil }) ?? true {
            return try printWorkingCopies(open)
        }
        let left = try version(old ?? "", in: open)
        let right = try new.map { try version($0, in: open) } ?? newest(of: old ?? "", in: open)
        let differences = try open.store.differences(from: left, to: right)
        if json {
            print(JSONValue.array(differences.map(Self.json)).prettyText)
        } else {
            for difference in differences { print(Self.text(difference)) }
        }
    }

    /// The version that a reference or a pointer names.
    private func version(_ text: String, in open: OpenStore) throws -> Digest {
        if let reference = try? Reference(parsing: text) {
            return try open.catalog.resolve(reference)
        }
        let path = try DataPath(text, workingDirectory: FileManager.default.currentDirectoryPath)
        guard let pointer = try path.readPointer() else {
            throw WorkspaceError("\(text): neither a version nor a pointer")
        }
        return try open.catalog.resolve(
            Reference(repository: pointer.repository, target: .digest(pointer.digest))
        )
    }

    private func newest(of text: String, in open: OpenStore) throws -> Digest {
        let repository = try Reference(parsing: text).repository
        return try open.catalog.versions(of: repository).last?.digest
            ?? version(text, in: open)
    }

    private func printWorkingCopies(_ open: OpenStore) throws {
        var items: [JSONValue] = []
        for path in try WorkspaceArguments.data(old.map { [$0] } ?? []) {
            guard let pointer = try path.readPointer() else { continue }
            let state = try open.workingCopy(path).state(against: pointer)
            let changes: WorkingState.Changes
            switch state {
            case .modified(let found), .otherVersion(_, let found): changes = found
            case .clean: continue
            case .notCheckedOut, .versionMissing:
                throw WorkspaceError("\(path.shown): nothing to compare: see 'ingot status'")
            }
            let all =
                changes.new.map { ("A", $0) } + changes.changed.map { ("M", $0) }
                + changes.deleted.map { ("D", $0) }
            for (letter, file) in all.sorted(by: { TreePath.precedes($0.1, $1.1) }) {
                let shown = pointer.form == .file ? path.shown : "\(path.shown)/\(file)"
                if json {
                    items.append(["change": .string(letter), "path": .string(shown)])
                } else {
                    print("\(letter)  \(shown)")
                }
            }
        }
        if json { print(JSONValue.array(items).prettyText) }
    }

    private static func letter(_ difference: TreeDifference) -> String {
        switch (difference.old, difference.new) {
        case (nil, _): "A"
        case (_, nil): "D"
        default: "M"
        }
    }

    private static func text(_ difference: TreeDifference) -> String {
        let sizes = [difference.old, difference.new].compactMap { $0?.byteCount }
        let size = Set(sizes).count == 1 ? Array(sizes.prefix(1)) : sizes
        return "\(letter(difference))  \(difference.path)  "
            + size.map(Terminal.size).joined(separator: " → ")
    }

    private static func json(_ difference: TreeDifference) -> JSONValue {
        var members: [String: JSONValue] = [
            "change": .string(letter(difference)), "path": .string(difference.path),
        ]
        members["old"] = difference.old.map(side)
        members["new"] = difference.new.map(side)
        return .object(members)
    }

    private static func side(_ file: TreeFile) -> JSONValue {
        [
            "size": .integer(Int64(file.byteCount)), "digest": .string(file.digest.description),
            "executable": .bool(file.isExecutable),
        ]
    }
}
