// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// Files of one directory that one thread writes: two threads that make files in the same directory
/// wait for each other.
struct CheckoutUnit: Sendable {
    let entries: ArraySlice<TreeEntry>
    /// The directory that appears with these files, which are all that it has.
    let newDirectory: String?

    var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }
}

/// A directory of a version, with the files that lie in it directly.
struct CheckoutFolder {
    /// What one thread writes at a time; a larger file is alone.
    static let partByteLimit = 32 << 20
    static let partFileLimit = 1024

    /// Nil for the root.
    let path: String?
    private(set) var entries: [TreeEntry] = []
    /// Whether directories with files lie below it.
    private(set) var hasFolders = false

    private init(path: String?) { self.path = path }

    /// The directories that have files, in the order of their first ones.
    static func folders(of entries: [TreeEntry]) -> [CheckoutFolder] {
        var folders: [CheckoutFolder] = []
        var indices: [String?: Int] = [:]
        for entry in entries {
            let path = TreePath.parent(of: entry.path)
            // Files of one directory mostly follow each other.
            if let last = folders.last, last.path == path {
                folders[folders.count - 1].entries.append(entry)
                continue
            }
            if let index = indices[path] {
                folders[index].entries.append(entry)
                continue
            }
            indices[path] = folders.count
            var folder = CheckoutFolder(path: path)
            folder.entries.append(entry)
            folders.append(folder)
        }
        for folder in folders {
            for parent in folder.path.map(TreePath.parents) ?? [] {
                if let index = indices[parent] { folders[index].hasFolders = true }
            }
        }
        return folders
    }

    var parts: [ArraySlice<TreeEntry>] {
        var parts: [ArraySlice<TreeEntry>] = []
        var start = 0
        var byteCount = 0
        for (index, entry) in entries.enumerated() {
            let isFull = byteCount + entry.byteCount > Self.partByteLimit
            if index > start, isFull || index - start == Self.partFileLimit {
                parts.append(entries[start..<index])
                start = index
                byteCount = 0
            }
            byteCount += entry.byteCount
        }
        return parts + [entries[start...]]
    }
}
