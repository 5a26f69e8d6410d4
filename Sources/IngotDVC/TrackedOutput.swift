// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotStore

/// A file or directory that a DVC project tracks: an entry of `outs` in a `.dvc` file or
/// `dvc.lock`.
package struct TrackedOutput: Sendable, Hashable {
    /// Relative to the project's directory, inside it.
    package let path: String
    package let object: ObjectName
    package let isExecutable: Bool
    /// The remote that the output names for itself.
    let remote: String?
    /// The `.dvc` or `dvc.lock` file, relative to the project's directory.
    package let pointer: String
    /// Written by DVC 2, which turned the line ends of texts before it computed the MD5.
    let isLegacy: Bool

    /// Reads one entry of `outs`; nil for one whose data DVC does not keep (`cache: false`).
    ///
    /// Its path is relative to `directory`, which is itself relative to the project.
    ///
    /// - Throws: `DVCError` that names the pointer and the output.
    init?(_ value: JSONValue, directory: String, pointer: String) throws(DVCError) {
        guard let path = value["path"]?.string, !path.isEmpty else {
            throw DVCError("\(pointer): an output has no path")
        }
        if value["cache"] == false { return nil }
        self.pointer = pointer
        self.path = try ProjectPath.join(directory, path, pointer: pointer)
        guard let text = value["md5"]?.string, let object = ObjectName(text) else {
            let problem =
                value["md5"] == nil
                ? "has no MD5 (tracked by a cloud's own versions, or not committed): run "
                    + "'dvc fetch' and 'dvc commit' there first"
                : "has an MD5 that is none"
            throw DVCError("\(pointer): the output '\(path)' \(problem)")
        }
        let hash = value["hash"]?.string
        guard hash == nil || hash == "md5" || hash == "md5-dos2unix" else {
            throw DVCError("\(pointer): the output '\(path)' has the unknown hash '\(hash ?? "")'")
        }
        self.object = object
        isLegacy = hash != "md5"
        isExecutable = value["isexec"] == true
        remote = value["remote"]?.string
    }
}

/// Paths of a project, relative to its directory.
enum ProjectPath {
    /// - Throws: `DVCError` for a path that leaves the project, by `..` or as an absolute one.
    static func join(
        _ directory: String,
        _ path: String,
        pointer: String
    ) throws(DVCError) -> String {
        let outside = DVCError(
            "\(pointer): '\(path)' is outside of the project: only data inside of it can be imported"
        )
        guard !path.utf8.starts(with: "/".utf8), !path.contains("://") else { throw outside }
        var parts: [Substring] = []
        for part in "\(directory)/\(path)".split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                throw outside
            }
        }
        return parts.joined(separator: "/")
    }

    /// The directories above a path, the nearest last.
    static func parents(of path: String) -> [String] {
        path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
    }

    /// The directory of a file; empty for the project's own.
    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
