// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

/// The `.gitignore` of a directory: what Ingot keeps must not go into Git as well.
package enum IgnoreFile {
    /// More than any that people write.
    private static let byteLimit = 16 << 20

    /// Whether a directory, given by its absolute path, lies in a Git work tree.
    package static func isInWorkTree(_ directory: String) throws -> Bool {
        var directory = directory
        while true {
            // A directory in a clone, a file in a worktree or a submodule.
            if try Files.entry(at: "\(directory)/.git") != nil { return true }
            guard let slash = directory.lastIndex(of: "/"), directory != "/" else { return false }
            directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
        }
    }

    /// Adds a line that ignores `name` in `directory` itself, once, keeping the file's line ends.
    ///
    /// - Returns: Whether the file changed.
    @discardableResult
    package static func add(
        _ name: String,
        isDirectory: Bool = false,
        in directory: String
    ) throws -> Bool {
        let path = "\(directory)/.gitignore"
        var content =
            try Files.entry(at: path) == nil ? [] : Files.read(path, limit: byteLimit)
        let line = "/" + escaped(name)
        let isThere = content.split(separator: UInt8(ascii: "\n")).contains { existing in
            let text = existing.last == UInt8(ascii: "\r") ? existing.dropLast() : existing
            return text.elementsEqual(line.utf8) || text.elementsEqual("\(line)/".utf8)
        }
        if isThere { return false }
        let isWindows = content.firstIndex(of: UInt8(ascii: "\n")).map { end in
            end > 0 && content[end - 1] == UInt8(ascii: "\r")
        }
        let lineEnd = isWindows == true ? "\r\n" : "\n"
        if let last = content.last, last != UInt8(ascii: "\n") { content += lineEnd.utf8 }
        content += "\(line)\(isDirectory ? "/" : "")\(lineEnd)".utf8
        try Files.replace(path, with: content)
        return true
    }

    /// A name as a pattern that matches it alone: gitignore(5).
    private static func escaped(_ name: String) -> String {
        var text = ""
        for character in name.unicodeScalars {
            if "*?[\\".unicodeScalars.contains(character) { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(character)
        }
        // Git drops spaces at the end of a line that no backslash precedes.
        if text.hasSuffix(" ") { text = text.dropLast() + "\\ " }
        return text
    }
}
