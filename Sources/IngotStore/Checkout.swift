// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// The working copy that a checkout writes to.
package struct Checkout: Sendable {
    private static let groupByteCount = 32 << 20
    private static let groupFileCount = 1024

    let directory: String
    let force: Bool

    /// Files that are written together, on all processors; a large one is alone.
    static func groups(of entries: [TreeEntry]) -> [ArraySlice<TreeEntry>] {
        var groups: [ArraySlice<TreeEntry>] = []
        var start = 0
        var byteCount = 0
        for (index, entry) in entries.enumerated() {
            let isFull = byteCount + entry.byteCount > groupByteCount
            if index > start, isFull || index - start == groupFileCount {
                groups.append(entries[start..<index])
                start = index
                byteCount = 0
            }
            byteCount += entry.byteCount
        }
        if start < entries.count { groups.append(entries[start...]) }
        return groups
    }

    private func path(of entry: TreeEntry) -> String { "\(directory)/\(entry.path)" }

    /// The files to write.
    func plan(_ entries: [TreeEntry]) throws -> [TreeEntry] {
        var checked = Set<String>()
        for entry in entries {
            for parent in TreePath.parents(of: entry.path) where checked.insert(parent).inserted {
                try refuseLink(at: "\(directory)/\(parent)")
            }
        }
        let verdicts = try Parallel.map(entries.count) { try isMissing(entries[$0]) }
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

    /// A link or a file where a directory should be must not lead writes out of the working copy.
    private func refuseLink(at path: String) throws {
        switch try Files.entry(at: path) {
        case nil, .directory: return
        default: if !force { throw inTheWay(path) }
        }
    }

    private func inTheWay(_ path: String) -> StoreError {
        StoreError("\(path): something else is in the way: move it, or use --force to replace it")
    }

    /// Makes the directories of the files, and clears away what is in the way of either by force.
    func makeDirectories(for entries: [TreeEntry]) throws {
        var made = Set<String>()
        for entry in entries {
            for parent in TreePath.parents(of: entry.path) where made.insert(parent).inserted {
                let path = "\(directory)/\(parent)"
                switch try Files.entry(at: path) {
                case .directory: continue
                case nil: break
                default:
                    guard force else { throw inTheWay(path) }
                    try Files.remove(path)
                }
                try Files.makeDirectories(path)
            }
            if force, try Files.entry(at: path(of: entry)) == .directory {
                try Files.remove(path(of: entry))
            }
        }
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

    /// Writes a temporary file beside the target and renames it.
    func write(
        _ entry: TreeEntry,
        content: (([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let path = path(of: entry)
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        // The name has a fixed length, so that the longest names still work.
        let token = Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        let temporary = "\(parent)/\(Self.temporaryPrefix)\(token)\(Self.temporarySuffix)"
        do {
            let handle = try FileHandle.creating(
                temporary,
                mode: entry.isExecutable ? 0o755 : 0o644
            )
            try content { bytes in
                try unsafe bytes.withUnsafeBytes { try unsafe handle.write($0) }
            }
            try FileHandle.move(temporary, to: path)
        } catch {
            StagedBlob.discard(temporary)
            throw error
        }
    }
}
