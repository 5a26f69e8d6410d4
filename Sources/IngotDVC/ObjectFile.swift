// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCrypto
internal import IngotFiles

/// A file of a cache or remote whose MD5 was computed, and what tells whether it changed since.
struct ObjectFile: Sendable {
    struct Stamp: Sendable, Equatable {
        let byteCount: Int
        let device: UInt
        let inode: UInt
        let modified: [Int]
    }

    let path: String
    let md5: String
    let stamp: Stamp

    /// Reads a file once, for its MD5; links and special files are refused.
    static func reading(_ path: String, each: (Int) throws -> Void = { _ in }) throws -> ObjectFile
    {
        let md5 = try ForeignMD5()
        let stamp = try unsafe forEachPiece(of: path) { piece in
            unsafe md5.update(piece)
            try each(piece.count)
        }
        return ObjectFile(path: path, md5: md5.finish(), stamp: stamp)
    }

    static func md5(of bytes: [UInt8]) throws -> String {
        let md5 = try ForeignMD5()
        md5.update(bytes)
        return md5.finish()
    }

    /// The content of a file of at most `limit` bytes.
    static func content(of path: String, limit: Int) throws -> [UInt8] {
        var content: [UInt8] = []
        _ = try unsafe forEachPiece(of: path) { piece in
            guard content.count + piece.count <= limit else {
                throw DVCError("\(path): more than \(limit) bytes")
            }
            unsafe content.append(contentsOf: piece)
        }
        return content
    }

    /// - Throws: `DVCError` when the file is not the one that was read.
    func requireUnchanged() throws {
        let now = try Self.withFile(path) { _, stamp in stamp }
        guard now == stamp else { throw DVCError("\(path): changed while it was read: try again") }
    }

    private static func forEachPiece(
        of path: String,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Stamp {
        try withFile(path) { descriptor, stamp in
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = try unsafe buffer.withUnsafeMutableBytes { buffer in
                    let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
                    if count < 0, errno != EINTR { throw FileError.last("read", path) }
                    // Safe: `read` filled `count` bytes of the buffer.
                    if count > 0 {
                        try unsafe body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    }
                    return count
                }
                if count == 0 { return stamp }
            }
        }
    }

    private static func withFile<Result>(
        _ path: String,
        _ body: (Int32, Stamp) throws -> Result
    ) throws -> Result {
        // O_NONBLOCK: a named pipe must not hang the program.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ELOOP {
                throw DVCError("\(path): a symbolic link, where DVC keeps plain files")
            }
            throw FileError.last("open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DVCError("\(path): not a plain file")
        }
        let stamp = Stamp(
            byteCount: Int(status.st_size),
            device: UInt(status.st_dev),
            inode: UInt(status.st_ino),
            modified: [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                status.st_ctim.tv_nsec,
            ]
        )
        return try body(descriptor, stamp)
    }
}
