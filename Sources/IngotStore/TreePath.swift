// SPDX-License-Identifier: Apache-2.0

/// The rule for paths in trees: relative POSIX paths that stay inside their directory everywhere.
package enum TreePath {
    /// PATH_MAX on Linux, without the NUL.
    static let byteLimit = 4095
    /// NAME_MAX on Linux.
    static let partByteLimit = 255

    /// - Throws: `StoreError` that names the path and its fault.
    package static func validate(_ path: String) throws(StoreError) {
        if let fault = fault(in: path) { throw StoreError("path '\(printable(path))': \(fault)") }
    }

    private static func fault(in path: String) -> String? {
        guard !path.isEmpty else { return "it is empty" }
        guard path.utf8.count <= byteLimit else { return "longer than \(byteLimit) bytes" }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return "control characters are not allowed in names: rename the file"
        }
        for part in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        {
            if part.isEmpty { return "it must be relative, without empty parts" }
            if part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) {
                return "'.' and '..' are not allowed"
            }
            guard part.count <= partByteLimit else {
                return "a name in it is longer than \(partByteLimit) bytes"
            }
            let name = String(Substring(part))
            if reserved.contains(name.lowercased()) || Checkout.isTemporary(name) {
                return "the name '\(name)' is kept for Git and Ingot, which believe what is in it"
            }
        }
        return nil
    }

    /// Directories that programs believe without asking, on file systems that fold case as well.
    private static let reserved: Set<String> = [".git", StoreLayout.directoryName]

    /// The order of paths in trees: by UTF-8 bytes.
    package static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// The directories above a path, the nearest last.
    static func parents(of path: String) -> [String] {
        var parents: [String] = []
        var index = path.utf8.startIndex
        while let slash = path.utf8[index...].firstIndex(of: UInt8(ascii: "/")) {
            parents.append(String(path[..<slash]))
            index = path.utf8.index(after: slash)
        }
        return parents
    }

    /// The directory that a path lies in; nil for one without.
    static func parent(of path: String) -> String? {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }

    /// The last part of a path.
    static func name(of path: String) -> Substring {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] }
            ?? path[...]
    }

    private static func printable(_ path: String) -> String {
        String(
            path.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) }
        )
    }
}

/// Checks the paths of one tree as they come, in order: valid, rising, none both file and
/// directory.
struct TreePathCheck {
    private var previous: String?
    /// Earlier paths that the next one may begin with, each the beginning of the one after it.
    ///
    /// Paths that begin alike follow each other, so one that the next does not begin with is done
    /// with.
    private var beginnings: [String] = []

    mutating func accept(_ path: String) throws(StoreError) {
        try TreePath.validate(path)
        if let previous, !TreePath.precedes(previous, path) {
            throw StoreError(
                previous.utf8.elementsEqual(path.utf8)
                    ? "path '\(path)': it occurs twice" : "path '\(path)': out of order"
            )
        }
        while let last = beginnings.last, !path.utf8.starts(with: last.utf8) {
            beginnings.removeLast()
        }
        for file in beginnings
        where path.utf8.dropFirst(file.utf8.count).first == UInt8(ascii: "/") {
            throw StoreError("path '\(path)': '\(file)' is a file")
        }
        beginnings.append(path)
        previous = path
    }
}
