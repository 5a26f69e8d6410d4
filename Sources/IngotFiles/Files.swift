// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Reading and replacing whole files of a working copy.
///
/// A store has its own, durable way.
package enum Files {
    /// What is at a path, links not followed.
    package enum Entry: Sendable, Equatable {
        case file(byteCount: Int, isExecutable: Bool)
        case directory
        case link
        case other
    }

    /// Nil when nothing is there.
    package static func entry(at path: String) throws -> Entry? {
        var status = unsafe stat()
        guard unsafe lstat(path, &status) == 0 else {
            let error = FileError.last("read", path)
            if error.isMissing || error.code == ENOTDIR { return nil }
            throw error
        }
        return switch unsafe status.st_mode & S_IFMT {
        case S_IFREG:
            unsafe .file(
                byteCount: Int(status.st_size),
                isExecutable: status.st_mode & S_IXUSR != 0
            )
        case S_IFDIR: .directory
        case S_IFLNK: .link
        default: .other
        }
    }

    /// Opens a regular file to read it; the caller closes it.
    ///
    /// Not blocking, since a named pipe would keep its reader waiting for a writer. A device is
    /// taken where that is allowed: `/dev/null` is how people say that there is no such file.
    static func openRegular(
        _ path: String,
        orDevice allowsDevice: Bool = false
    ) throws -> (descriptor: Int32, byteCount: Int) {
        guard !path.utf8.contains(0) else {
            throw FileError("open", path, code: EINVAL, problem: "a NUL is in its name")
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = FileError.last("read", path)
            close(descriptor)
            throw error
        }
        let type = status.st_mode & S_IFMT
        guard type == S_IFREG || allowsDevice && type == S_IFCHR else {
            close(descriptor)
            throw FileError.notRegular(path)
        }
        return (descriptor, Int(status.st_size))
    }

    /// Reads a regular file, or a device such as `/dev/null`, of at most `limit` bytes.
    package static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        let (descriptor, _) = try openRegular(path, orDevice: true)
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("read", path)
            }
            if count == 0 { return content }
            guard content.count + count <= limit else {
                throw FileError(
                    "read",
                    path,
                    code: EFBIG,
                    problem: "it has more than \(limit) bytes, the limit for such a file"
                )
            }
            content += buffer[..<count]
        }
    }

    /// Replaces a file at once: a reader sees the old bytes or the new ones.
    package static func replace(_ path: String, with content: some Collection<UInt8>) throws {
        let file = try PartFile(for: path)
        try writeAll(Array(content), to: file.descriptor, path: path)
        try file.finish()
    }

    package static func writeAll(
        _ content: [UInt8],
        to descriptor: Int32,
        path: String
    ) throws {
        try unsafe content.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = unsafe write(
                    descriptor,
                    buffer.baseAddress?.advanced(by: offset),
                    buffer.count - offset
                )
                if count < 0 {
                    if errno == EINTR { continue }
                    throw FileError.last("write", path)
                }
                offset += count
            }
        }
    }

    /// Makes a directory and its missing parents.
    package static func makeDirectories(_ path: String) throws {
        if try entry(at: path) == .directory || path.isEmpty { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectories(String(path[..<slash]))
        }
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw FileError.last("make the directory", path)
        }
    }

    /// The names in a directory, sorted by bytes, without `.` and `..`.
    ///
    /// - Throws: `FileError` for a name that is not UTF-8, unless those do not matter.
    package static func names(
        in path: String,
        skippingUnreadable: Bool = false
    ) throws -> [String] {
        guard let stream = unsafe opendir(path) else { throw FileError.last("list", path) }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        errno = 0
        while let item = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &item.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(validatingCString: $0)
                }
            }
            guard name != nil || skippingUnreadable else {
                throw FileError("read a name that is not UTF-8 in", path, code: EILSEQ)
            }
            if let name, name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileError.last("list", path) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Removes a file or a whole directory; nothing there is fine.
    package static func remove(_ path: String) throws {
        switch try entry(at: path) {
        case nil: return
        case .directory:
            for name in try names(in: path) { try remove("\(path)/\(name)") }
            guard rmdir(path) == 0 else { throw FileError.last("remove", path) }
        default:
            guard unlink(path) == 0 else { throw FileError.last("remove", path) }
        }
    }
}

extension Files {
    /// Where a symbolic link points.
    package static func linkTarget(_ path: String) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBufferPointer { pointer in
            guard let base = pointer.baseAddress else { return -1 }
            return unsafe base.withMemoryRebound(to: CChar.self, capacity: pointer.count) {
                unsafe readlink(path, $0, pointer.count)
            }
        }
        guard count >= 0 else { throw FileError.last("read the link", path) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
