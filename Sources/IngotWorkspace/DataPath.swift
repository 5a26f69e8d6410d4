// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// Some data in a working copy, with the places that belong to it.
package struct DataPath: Sendable, Hashable {
    /// Absolute, without `.`, `..` or a slash at the end.
    package let absolute: String
    /// As a person on the working directory would write it.
    package let shown: String

    /// - Parameters:
    ///   - text: The data's path, or that of its pointer.
    ///   - workingDirectory: Absolute.
    /// - Throws: `WorkspaceError` when there is no place for a pointer.
    package init(_ text: String, workingDirectory: String) throws {
        let full = text.hasPrefix("/") ? text : "\(workingDirectory)/\(text)"
        var parts: [Substring] = []
        for part in full.split(separator: "/") {
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        var path = parts.map { "/\($0)" }.joined()
        guard let name = parts.last, path != workingDirectory else {
            throw WorkspaceError(
                "\(text): the pointer lies beside the data: name the data from the directory above"
            )
        }
        guard name.utf8.count + Pointer.suffix.utf8.count <= 255 else {
            throw WorkspaceError("\(text): the name is too long for a pointer beside it")
        }
        if let data = Pointer.dataPath(of: path), try Self.isPointer(path) { path = data }
        absolute = path
        let prefix = workingDirectory == "/" ? "/" : "\(workingDirectory)/"
        shown = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }

    /// A directory whose name ends in `.ingot` is no pointer; `.ingot/` itself is a store.
    private static func isPointer(_ path: String) throws -> Bool {
        if case .directory? = try Files.entry(at: path) { return false }
        return true
    }

    package var name: String { absolute.split(separator: "/").last.map(String.init) ?? "" }

    /// The directory that holds the data, its pointer and the `.gitignore`.
    package var parent: String {
        let parent = absolute.dropLast(name.count + 1)
        return parent.isEmpty ? "/" : String(parent)
    }

    package var pointer: String { Pointer.path(of: absolute) }

    package var shownPointer: String { Pointer.path(of: shown) }

    /// What the pointer says; nil where there is none.
    package func readPointer() throws -> Pointer? {
        try Files.entry(at: pointer) == nil ? nil : Pointer.read(pointer)
    }

    /// Writes the pointer, and has Git ignore the data where the directory is in a work tree.
    ///
    /// - Returns: The files that changed, by the names a person would give `git add`.
    package func record(_ value: Pointer) throws -> [String] {
        var changed: [String] = []
        if try value.write(to: pointer) { changed.append(shownPointer) }
        if try IgnoreFile.isInWorkTree(parent), try IgnoreFile.add(name, in: parent) {
            let folder = shown.dropLast(name.count)
            changed.append("\(folder).gitignore")
        }
        return changed
    }
}
