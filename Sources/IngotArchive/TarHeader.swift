// SPDX-License-Identifier: Apache-2.0

/// One entry of a tar that Ingot writes: a regular file or a directory, and nothing else.
package struct TarHeader: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file(byteCount: Int)
        case directory
    }

    /// Relative, `/` between components, no `.`, `..` or empty component.
    package let path: String
    package let kind: Kind
    package let isExecutable: Bool

    /// 4,096 bytes: what Linux accepts as a path.
    package static let pathByteLimit = 4096

    package init(path: String, kind: Kind, isExecutable: Bool = false) throws(ArchiveError) {
        guard !path.isEmpty, path.utf8.count <= Self.pathByteLimit, !path.utf8.contains(0),
            path.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else {
            throw ArchiveError(
                "archive entry '\(path)': expected a relative path without empty, '.' or '..' parts"
            )
        }
        if case .file(let byteCount) = kind, byteCount < 0 {
            throw ArchiveError("archive entry '\(path)': a file of \(byteCount) bytes")
        }
        self.path = path
        self.kind = kind
        self.isExecutable = isExecutable
    }

    package var byteCount: Int {
        if case .file(let byteCount) = kind { byteCount } else { 0 }
    }

    /// Zero bytes after the content, up to the next block.
    package var paddingByteCount: Int {
        let remainder = byteCount % Tar.blockByteCount
        return remainder == 0 ? 0 : Tar.blockByteCount - remainder
    }
}

/// The constants of POSIX.1-1988 ustar and POSIX.1-2001 pax: IEEE Std 1003.1, `pax`, "ustar
/// Interchange Format".
enum Tar {
    static let blockByteCount = 512

    /// A field of the header block.
    struct Field {
        let offset: Int
        let byteCount: Int
    }

    static let name = Field(offset: 0, byteCount: 100)
    static let mode = Field(offset: 100, byteCount: 8)
    static let uid = Field(offset: 108, byteCount: 8)
    static let gid = Field(offset: 116, byteCount: 8)
    static let size = Field(offset: 124, byteCount: 12)
    static let mtime = Field(offset: 136, byteCount: 12)
    static let checksum = Field(offset: 148, byteCount: 8)
    static let typeFlag = Field(offset: 156, byteCount: 1)
    static let linkName = Field(offset: 157, byteCount: 100)
    static let magic = Field(offset: 257, byteCount: 6)
    static let version = Field(offset: 263, byteCount: 2)
    static let userName = Field(offset: 265, byteCount: 32)
    static let groupName = Field(offset: 297, byteCount: 32)
    static let deviceMajor = Field(offset: 329, byteCount: 8)
    static let deviceMinor = Field(offset: 337, byteCount: 8)
    static let prefix = Field(offset: 345, byteCount: 155)

    static let file = UInt8(ascii: "0")
    static let directory = UInt8(ascii: "5")
    static let extendedHeader = UInt8(ascii: "x")

    /// Eleven octal digits: 8 GiB − 1.
    static let largestSize = 0o777_7777_7777
}
