// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// The name of an object in a cache or remote of DVC: an MD5, and `.dir` for a list of files.
package struct ObjectName: Hashable, Sendable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    package let md5: String
    package let isDirectory: Bool

    private static let directorySuffix = ".dir"
    private static let md5ByteCount = 16

    /// Nil unless the text is an MD5, with or without `.dir`.
    package init?(_ text: String) {
        isDirectory = text.hasSuffix(Self.directorySuffix)
        let digits = isDirectory ? String(text.dropLast(Self.directorySuffix.utf8.count)) : text
        guard let bytes = Hex.decode(digits), bytes.count == Self.md5ByteCount,
            Hex.encode(bytes) == digits
        else { return nil }
        md5 = digits
    }

    package var description: String { isDirectory ? md5 + Self.directorySuffix : md5 }

    /// Where DVC 3 keeps the object below a cache or remote.
    package var path: String { "files/md5/" + legacyPath }

    /// Where DVC 2 and 1 kept it.
    var legacyPath: String { "\(md5.prefix(2))/\(description.dropFirst(2))" }
}
