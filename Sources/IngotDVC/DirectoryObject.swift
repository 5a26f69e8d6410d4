// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotStore

/// A `.dir` object: the files of a directory with their MD5s, as JSON.
///
/// Its name is the MD5 of its bytes, so they must be exactly those of Python's
/// `json.dumps(entries, sort_keys=True)` (`dvc_data/hashfile/tree.py`): separators `", "` and
/// `": "`, ASCII with `\uXXXX`, no newline at the end, entries in order of the code points of
/// `relpath`, which is that of their UTF-8 bytes.
package struct DirectoryObject: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let path: String
        package let md5: String

        package init(path: String, md5: String) {
            self.path = path
            self.md5 = md5
        }
    }

    package let entries: [Entry]

    /// 256 MiB: about two million files.
    static let byteLimit = 256 << 20
    static let entryLimit = 2_000_000

    package init(_ entries: [Entry]) {
        self.entries = entries.sorted { TreePath.precedes($0.path, $1.path) }
    }

    /// - Throws: `DVCError` that names the first entry which is no MD5 with a path inside the
    ///   directory, or whose path occurs twice.
    package init(parsing bytes: [UInt8]) throws(DVCError) {
        var limits = JSONLimits()
        limits.byteCount = Self.byteLimit
        limits.depth = 4
        let list: [JSONValue]
        do {
            guard let array = try JSONValue(parsing: bytes, limits: limits).array else {
                throw DVCError("expected a list of files")
            }
            list = array
        } catch let error as JSONError {
            throw DVCError(error.message)
        } catch {
            throw DVCError("expected a list of files")
        }
        guard list.count <= Self.entryLimit else {
            throw DVCError("\(list.count) files, more than the \(Self.entryLimit) allowed")
        }
        var entries: [Entry] = []
        entries.reserveCapacity(list.count)
        for (index, item) in list.enumerated() {
            guard let path = item["relpath"]?.string, let name = item["md5"]?.string,
                let object = ObjectName(name), !object.isDirectory
            else { throw DVCError("file \(index + 1) has no valid 'relpath' and 'md5'") }
            do { try TreePath.validate(path) } catch { throw DVCError(error.message) }
            entries.append(Entry(path: path, md5: object.md5))
        }
        self.init(entries)
        for (left, right) in zip(self.entries, self.entries.dropFirst())
        where left.path.utf8.elementsEqual(right.path.utf8) {
            throw DVCError("path '\(left.path)': it occurs twice")
        }
    }

    /// What DVC itself would write.
    package var bytes: [UInt8] {
        var output = Array("[".utf8)
        for (index, entry) in entries.enumerated() {
            if index > 0 { output += Array(", ".utf8) }
            output += Array(#"{"md5": ""#.utf8) + Array(entry.md5.utf8)
            output += Array(#"", "relpath": "#.utf8) + PythonText.quoted(entry.path)
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: "]"))
        return output
    }
}

/// Texts as Python's `json` module writes them by default.
enum PythonText {
    static func quoted(_ text: String) -> [UInt8] {
        var output = [UInt8(ascii: "\"")]
        for unit in text.utf16 {
            switch unit {
            case 0x22: output += Array("\\\"".utf8)
            case 0x5C: output += Array("\\\\".utf8)
            case 0x08: output += Array("\\b".utf8)
            case 0x09: output += Array("\\t".utf8)
            case 0x0A: output += Array("\\n".utf8)
            case 0x0C: output += Array("\\f".utf8)
            case 0x0D: output += Array("\\r".utf8)
            case 0x20...0x7E: output.append(UInt8(truncatingIfNeeded: unit))
            default:
                let digits = [
                    UInt8(truncatingIfNeeded: unit >> 8), UInt8(truncatingIfNeeded: unit),
                ]
                output += Array("\\u".utf8) + Array(Hex.encode(digits).utf8)
            }
        }
        output.append(UInt8(ascii: "\""))
        return output
    }
}
