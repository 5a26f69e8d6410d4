// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// Some files and directories of a tree, by their paths.
package struct TreeSelection: Sendable {
    package let paths: [String]

    /// - Parameter paths: of files, or of directories, which may end in a slash.
    /// - Throws: `StoreError` for what cannot be a path of a tree.
    package init(_ paths: [String]) throws {
        self.paths = paths.map { path in
            path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/")
                ? String(path.dropLast()) : path
        }
        for path in self.paths { try TreePath.validate(path) }
    }

    package func contains(_ path: String) -> Bool {
        paths.contains { Self.isPath(path, atOrBelow: $0) }
    }

    private static func isPath(_ path: String, atOrBelow wanted: String) -> Bool {
        guard path.utf8.starts(with: wanted.utf8) else { return false }
        let next = path.utf8.dropFirst(wanted.utf8.count).first
        return next == nil || next == UInt8(ascii: "/")
    }

    /// Whether a page that holds the files from `first` until before `end` can hold one of these.
    ///
    /// The files below a directory `d` are those from `d/` until before `d0`: `0` follows `/`. A
    /// file `d-x` lies between `d` and them.
    private func touches(from first: String, before end: String?) -> Bool {
        paths.contains { path in
            let isBeforeEnd = { (start: String) in
                end.map { TreePath.precedes(start, $0) } ?? true
            }
            let isPathInside = !TreePath.precedes(path, first) && isBeforeEnd(path)
            return isPathInside || TreePath.precedes(first, path + "0") && isBeforeEnd(path + "/")
        }
    }

    /// The first path that no file of the tree has or lies below.
    func missing(among files: [TreeEntry]) -> String? {
        paths.first { path in !files.contains { Self.isPath($0.path, atOrBelow: path) } }
    }

    /// A part of a tree, as the page above knows it.
    struct Place {
        let first: String
        /// The first path after it, where there is one.
        let end: String?

        static let all = Place(first: "", end: nil)
    }

    /// Where the files under each of some pages lie; nil for a page that a selection passes over.
    static func places(
        of pages: [PageReference],
        in whole: Place,
        touching selection: TreeSelection?
    ) -> [Place?] {
        pages.indices.map { index in
            let place = Place(
                first: index == 0 ? whole.first : pages[index].firstPath,
                end: index + 1 < pages.count ? pages[index + 1].firstPath : whole.end
            )
            return selection?.touches(from: place.first, before: place.end) ?? true ? place : nil
        }
    }
}

extension Store {
    /// The files of a part of a version; only the pages on the way to them need to be here.
    ///
    /// - Throws: `StoreError` for a path that is not there, with the nearest one that is.
    package func files(of manifest: Manifest, in selection: TreeSelection) throws -> [TreeEntry] {
        var files: [TreeEntry] = []
        var others = Set<String>()
        var reader = TreeReader(store: self, chunks: ChunkReader(store: self), selection: selection)
        let walker = reader
        try reader.forEach(in: manifest) { stored in
            if selection.contains(stored.path) {
                files.append(try walker.entry(stored))
            } else {
                others.insert(stored.path)
                others.formUnion(TreePath.parents(of: stored.path))
            }
        }
        if let path = selection.missing(among: files) {
            let near = Spelling.nearest(to: path, among: Array(others))
            throw StoreError(
                "path '\(path)': the version has no such file or directory"
                    + (near.map { ": did you mean '\($0)'?" } ?? ": 'ingot ls' lists its files")
            )
        }
        return files
    }
}
