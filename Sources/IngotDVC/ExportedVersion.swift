// SPDX-License-Identifier: Apache-2.0

package import IngotCore
package import IngotStore

/// A version in the form that DVC knows: objects in a remote, and the text of a `.dvc` file.
///
/// A version of one file without directories is a file to DVC, unless the output is to have another
/// name than the file; any other is a directory. DVC keeps the executable bit of the former only.
package struct ExportedVersion: Sendable {
    package let object: ObjectName
    package let fileCount: Int
    package let byteCount: Int
    package let newByteCount: Int
    /// The name of the only file; nil for a directory.
    package let fileName: String?
    package let isExecutable: Bool
    /// Executable files of a directory, whose bit DVC has no place for.
    package let lostExecutableCount: Int

    /// Writes the objects of a version; the list of a directory's files comes last, so that a
    /// remote that has it has all of them.
    package init(
        version: Digest,
        of store: Store,
        to directory: String,
        outputName: String?,
        progress report: StoreProgress.Report = { _ in }
    ) throws {
        let tree = try store.readTree(of: version)
        var progress = StoreProgress(
            fileCount: tree.count,
            byteCount: tree.reduce(0) { $0 + $1.byteCount }
        )
        try report(progress)
        var writer = try RemoteWriter(directory: directory)
        var names: [Digest: ObjectName] = [:]
        var entries: [DirectoryObject.Entry] = []
        for entry in tree {
            let name: ObjectName
            if let known = names[entry.digest] {
                name = known
                progress.bytesDone += entry.byteCount
            } else {
                name = try writer.add { write in
                    try store.withContent(of: entry) { piece in
                        try write(piece)
                        progress.bytesDone += piece.count
                        try report(progress)
                    }
                }
                names[entry.digest] = name
            }
            progress.filesDone += 1
            try report(progress)
            entries.append(DirectoryObject.Entry(path: entry.path, md5: name.md5))
        }
        let only = tree.count == 1 && !tree[0].path.contains("/") ? tree[0] : nil
        let single = only.flatMap { (outputName ?? $0.path) == $0.path ? $0 : nil }
        fileName = single?.path
        isExecutable = single?.isExecutable ?? false
        lostExecutableCount = single == nil ? tree.count { $0.isExecutable } : 0
        if let single, let name = names[single.digest] {
            object = name
        } else {
            object = try writer.add(DirectoryObject(entries))
        }
        fileCount = tree.count
        byteCount = progress.byteCount
        newByteCount = writer.newByteCount
    }

    /// The text of the `.dvc` file of an output, in DVC's own order of keys.
    ///
    /// - Throws: `StoreError` for a path that is none.
    package func pointer(path: String) throws -> String {
        try TreePath.validate(path)
        var lines = ["outs:", "- md5: \(Self.scalar(object.description))", "  size: \(byteCount)"]
        if fileName == nil { lines.append("  nfiles: \(fileCount)") }
        if isExecutable { lines.append("  isexec: true") }
        lines += ["  hash: md5", "  path: \(Self.scalar(path))"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Plain where no YAML reader can take the text for anything but a text, else in quotes.
    private static func scalar(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { unit in
            switch unit {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        // Numbers, such as an MD5 of digits and one 'e', have no letter but 'e', 'o' and 'x'.
        let isText = text.utf8.contains {
            ("a"..."z").contains(Character(UnicodeScalar($0))) && !"eox".utf8.contains($0)
        }
        let words = [".inf", ".nan", "true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        let isPlain =
            isWord && isText && !words.contains(text.lowercased()) && text.utf8.first != 0x2D
        guard !isPlain else { return text }
        // Not JSON's escapes: YAML has no surrogate pairs. Paths have no control characters.
        let escaped = text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"\(String(escaped))\""
    }
}
