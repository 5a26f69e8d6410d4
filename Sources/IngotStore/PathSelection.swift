// SPDX-License-Identifier: Apache-2.0

/// Files and directories of a tree that somebody asked for; all of it when none is named.
package struct PathSelection: Sendable, Hashable {
    package static let everything = PathSelection(paths: [])

    /// Without slashes at their ends.
    private let paths: [String]

    private init(paths: [String]) { self.paths = paths }

    /// - Throws: `StoreError` for a path that no tree can have.
    package init(_ paths: [String]) throws {
        self.paths = try paths.map { path in
            let trimmed = path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
            try TreePath.validate(trimmed)
            return trimmed
        }
    }

    package func contains(_ path: String) -> Bool {
        paths.isEmpty
            || paths.contains { asked in
                path.utf8.starts(with: asked.utf8)
                    && (path.utf8.count == asked.utf8.count
                        || path.utf8.dropFirst(asked.utf8.count).first == UInt8(ascii: "/"))
            }
    }

    /// Whether files from one path on and before another one, the end where it is nil, can be
    /// among them.
    func mayContain(from first: String, before end: String?) -> Bool {
        paths.isEmpty
            || paths.contains { asked in
                // What lies below a directory sorts before its name followed by the byte after "/".
                let isBehind = end.map { !TreePath.precedes(asked, $0) } ?? false
                return !isBehind && TreePath.precedes(first, asked + "0")
            }
    }

    /// The paths that none of the files is at or below.
    package func unmatched(in files: some Sequence<String>) -> [String] {
        var left = paths
        for file in files where !left.isEmpty {
            left.removeAll { PathSelection(paths: [$0]).contains(file) }
        }
        return left
    }
}
