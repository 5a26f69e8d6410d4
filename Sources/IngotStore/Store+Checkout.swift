// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore
internal import IngotCrypto
internal import IngotFiles

extension Store {
    /// Writes a version's files into a directory.
    ///
    /// Files that already have the right content stay as they are, files that the version does not
    /// have are left alone, and a file with other content is replaced only by `force`. All of that
    /// is looked at before the first file is written.
    ///
    /// Each file appears whole, by rename; nothing is synced, a working copy can be checked out again.
    ///
    /// - Throws: `StoreError` that names the first file in the way.
    package func checkout(
        manifest: Digest,
        into directory: String,
        force: Bool = false,
        progress report: StoreProgress.Report = { _ in }
    ) throws {
        let entries = try readTree(of: manifest)
        try Files.makeDirectories(directory)
        let missing = try Checkout.plan(entries, in: directory, force: force)
        var progress = StoreProgress(
            fileCount: missing.count,
            byteCount: missing.reduce(0) { $0 + $1.byteCount }
        )
        try report(progress)
        let content = FileContent(store: self, chunks: ChunkReader(store: self))
        var made = Set<String>()
        for entry in missing {
            let path = "\(directory)/\(entry.path)"
            for parent in TreePath.parents(of: entry.path) where made.insert(parent).inserted {
                try Checkout.makeDirectory("\(directory)/\(parent)", force: force)
            }
            if force, try Files.entry(at: path) == .directory { try Files.remove(path) }
            try Checkout.write(entry, to: path) { write in
                try content.read(entry) { bytes in
                    try write(bytes)
                    progress.bytesDone += bytes.count
                    try report(progress)
                }
            }
            progress.filesDone += 1
            try report(progress)
        }
    }
}

private enum Checkout {
    /// The files to write.
    static func plan(
        _ entries: [TreeEntry],
        in directory: String,
        force: Bool
    ) throws -> [TreeEntry] {
        var missing: [TreeEntry] = []
        for entry in entries {
            let path = "\(directory)/\(entry.path)"
            try refuseLinks(above: entry.path, in: directory, force: force)
            switch try Files.entry(at: path) {
            case nil: missing.append(entry)
            case .file(let byteCount, let isExecutable):
                if byteCount == entry.byteCount, try digest(of: path) == entry.digest {
                    if isExecutable != entry.isExecutable {
                        try setMode(path, isExecutable: entry.isExecutable)
                    }
                } else if force {
                    missing.append(entry)
                } else {
                    throw StoreError(
                        "\(path): changed since it was checked out: add it, move it away, or use "
                            + "--force to overwrite it"
                    )
                }
            default:
                guard force else { throw inTheWay(path) }
                missing.append(entry)
            }
        }
        return missing
    }

    /// A link or a file where a directory should be must not lead writes out of the working copy.
    private static func refuseLinks(
        above path: String,
        in directory: String,
        force: Bool
    ) throws {
        guard !force else { return }
        for parent in TreePath.parents(of: path) {
            switch try Files.entry(at: "\(directory)/\(parent)") {
            case nil: return
            case .directory: continue
            default: throw inTheWay("\(directory)/\(parent)")
            }
        }
    }

    private static func inTheWay(_ path: String) -> StoreError {
        StoreError("\(path): something else is in the way: move it, or use --force to replace it")
    }

    static func makeDirectory(_ path: String, force: Bool) throws {
        switch try Files.entry(at: path) {
        case .directory: return
        case nil: break
        default:
            guard force else { throw inTheWay(path) }
            try Files.remove(path)
        }
        try Files.makeDirectories(path)
    }

    static func digest(of path: String) throws -> Digest {
        let handle = try FileHandle.reading(path)
        let hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe handle.fill($0) }
            if count == 0 { return hasher.finish() }
            unsafe buffer.withUnsafeBytes {
                // Safe: `fill` filled `count` bytes of the buffer.
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
    }

    static func setMode(_ path: String, isExecutable: Bool) throws {
        guard unsafe chmod(path, isExecutable ? 0o755 : 0o644) == 0 else {
            throw FileError.last("change the mode of", path)
        }
    }

    /// Writes a temporary file beside the target and renames it.
    static func write(
        _ entry: TreeEntry,
        to path: String,
        content: (([UInt8]) throws -> Void) throws -> Void
    ) throws {
        // The name has a fixed length, so that the longest names still work.
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let token = Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        let temporary = "\(parent)/.ingot-\(token).part"
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
