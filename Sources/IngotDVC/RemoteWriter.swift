// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// Writes objects into a directory that is a remote of DVC 3.
///
/// An object appears by rename, whole. One that is there with its own MD5 is kept; a damaged one is
/// replaced, because DVC would not notice it.
package struct RemoteWriter {
    private let directory: String
    /// What `add` wrote, without what was there.
    package private(set) var newByteCount = 0

    /// Makes the directory where it is missing.
    package init(directory: String) throws {
        guard !directory.contains("://") else {
            throw DVCError(
                "\(directory): only a directory can be written: export to one, and copy it there"
            )
        }
        try Files.makeDirectories(directory)
        self.directory = directory
    }

    package mutating func add(_ object: DirectoryObject) throws -> ObjectName {
        try add(isDirectory: true) { try $0(object.bytes) }
    }

    /// Adds an object whose content comes in pieces.
    package mutating func add(
        isDirectory: Bool = false,
        _ content: ((_ piece: [UInt8]) throws -> Void) throws -> Void
    ) throws -> ObjectName {
        let token = Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        let temporary = "\(directory)/.ingot-\(token).part"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.last("create", temporary) }
        var isPlaced = false
        defer { if !isPlaced { unsafe _ = unlink(temporary) } }
        let md5 = try ForeignMD5()
        var byteCount = 0
        do {
            defer { close(descriptor) }
            try content { piece in
                md5.update(piece)
                byteCount += piece.count
                try Files.writeAll(piece, to: descriptor, path: temporary)
            }
        }
        guard let name = ObjectName(md5.finish() + (isDirectory ? ".dir" : "")) else {
            throw DVCError("\(directory): MD5 gave no name")
        }
        let path = "\(directory)/\(name.path)"
        if try Files.entry(at: path) != nil, try ObjectFile.reading(path).md5 == name.md5 {
            return name
        }
        try Files.makeDirectories("\(directory)/\(ProjectPath.parent(of: name.path))")
        guard unsafe rename(temporary, path) == 0 else { throw FileError.last("replace", path) }
        isPlaced = true
        newByteCount += byteCount
        return name
    }
}
