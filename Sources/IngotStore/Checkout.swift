// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// The working copy that a checkout writes to.
package struct Checkout: Sendable {
    let directory: String
    let force: Bool

    private func path(of entry: TreeEntry) -> String { "\(directory)/\(entry.path)" }

    /// The files to write.
    func plan(_ entries: [TreeEntry]) throws -> [TreeEntry] {
        var checked = Set<String>()
        var missing = Set<String>()
        for entry in entries {
            for parent in TreePath.parents(of: entry.path) where checked.insert(parent).inserted {
                if try !isThere(parent) { missing.insert(parent) }
            }
        }
        let verdicts = try Parallel.map(entries.count) { [missing] index in
            let entry = entries[index]
            if let parent = TreePath.parent(of: entry.path), missing.contains(parent) {
                return true
            }
            return try isMissing(entry)
        }
        return zip(entries, verdicts).filter(\.1).map(\.0)
    }

    private func isMissing(_ entry: TreeEntry) throws -> Bool {
        let path = path(of: entry)
        switch try Files.entry(at: path) {
        case nil: return true
        case .file(let byteCount, let isExecutable):
            if byteCount == entry.byteCount, try FileDigest.of(path) == entry.digest {
                if isExecutable != entry.isExecutable {
                    try setMode(path, isExecutable: entry.isExecutable)
                }
                return false
            }
            guard force else {
                throw StoreError(
                    "\(path): changed since it was checked out: add it, move it away, or use "
                        + "--force to overwrite it"
                )
            }
            return true
        default:
            guard force else { throw inTheWay(path) }
            return true
        }
    }

    /// Whether a directory is there; a link or a file in its place must not lead writes out of the
    /// working copy.
    private func isThere(_ parent: String) throws -> Bool {
        let path = "\(directory)/\(parent)"
        switch try Files.entry(at: path) {
        case .directory: return true
        case nil: return false
        default:
            guard force else { throw inTheWay(path) }
            return false
        }
    }

    private func inTheWay(_ path: String) -> StoreError {
        StoreError("\(path): something else is in the way: move it, or use --force to replace it")
    }

    /// Makes the directories of the files, and clears away what is in the way of either by force.
    ///
    /// A directory that is new and whose files one thread writes is not made: it appears with them.
    func units(of entries: [TreeEntry]) throws -> [CheckoutUnit] {
        var units: [CheckoutUnit] = []
        for folder in CheckoutFolder.folders(of: entries) {
            let isNew = try folder.path.map { try makeDirectories(above: $0) } ?? false
            let parts = folder.parts
            if isNew, let path = folder.path, !folder.hasFolders, parts.count == 1 {
                units.append(CheckoutUnit(entries: parts[0], newDirectory: path))
                continue
            }
            if isNew, let path = folder.path {
                try Files.makeDirectories("\(directory)/\(path)")
            } else if force {
                for entry in folder.entries where try Files.entry(at: path(of: entry)) == .directory
                {
                    try Files.remove(path(of: entry))
                }
            }
            units += parts.map { CheckoutUnit(entries: $0, newDirectory: nil) }
        }
        return units
    }

    /// Makes all directories above one; returns whether that is still to be made itself.
    private func makeDirectories(above folder: String) throws -> Bool {
        for parent in TreePath.parents(of: folder) { try clear(parent) }
        if let parent = TreePath.parent(of: folder) {
            try Files.makeDirectories("\(directory)/\(parent)")
        }
        return try clear(folder)
    }

    /// Removes, by force, what is in the place of a directory; returns whether there is none.
    @discardableResult
    private func clear(_ folder: String) throws -> Bool {
        if try isThere(folder) { return false }
        if force { try Files.remove("\(directory)/\(folder)") }
        return true
    }

    private func setMode(_ path: String, isExecutable: Bool) throws {
        guard unsafe chmod(path, isExecutable ? 0o755 : 0o644) == 0 else {
            throw FileError.last("change the mode of", path)
        }
    }

    private static let temporaryPrefix = ".ingot-"
    private static let temporarySuffix = ".part"

    /// What a checkout that was killed can leave in a working copy: never part of a version.
    package static func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix)
    }

    /// Calls `body` with a directory that appears under its name, with all that was written into
    /// it, when `body` has ended; without a name for the working copy itself.
    func writing(
        _ folder: String?,
        _ body: (String?) throws -> Void
    ) throws {
        guard let folder else { return try body(nil) }
        let target = "\(directory)/\(folder)"
        let held = try FileHandle.holding {
            let temporary = Self.temporary(beside: target)
            try Files.makeDirectories(temporary)
            return try .reading(temporary)
        }
        do {
            try body(held.path)
            try FileHandle.move(held.path, to: target)
        } catch {
            try? Files.remove(held.path)
            throw error
        }
    }

    /// Writes a file into a directory that nobody sees yet, else a temporary one beside the target,
    /// which it renames.
    func write(
        _ entry: TreeEntry,
        into hidden: String?,
        content: (([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let target = path(of: entry)
        let mode: mode_t = entry.isExecutable ? 0o755 : 0o644
        let handle =
            if let hidden {
                try FileHandle.creating("\(hidden)/\(TreePath.name(of: entry.path))", mode: mode)
            } else {
                try FileHandle.holding { try .creating(Self.temporary(beside: target), mode: mode) }
            }
        do {
            try content { bytes in
                try unsafe bytes.withUnsafeBytes { try unsafe handle.write($0) }
            }
            if hidden == nil { try FileHandle.move(handle.path, to: target) }
        } catch {
            StagedBlob.discard(handle.path)
            throw error
        }
    }

    /// The name has a fixed length, so that the longest names still work.
    private static func temporary(beside path: String) -> String {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return "\(parent)/\(temporaryPrefix)\(RandomName.make())\(temporarySuffix)"
    }
}
