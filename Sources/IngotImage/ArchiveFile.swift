// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// A large file that appears at its path whole or not at all, written through a buffer.
///
/// Not synced, like every file that can be made again.
package final class ArchiveFile {
    private let path: String
    private let file: PartFile
    private var buffer: [UInt8] = []
    private(set) var byteCount = 0

    /// 1 MiB: headers and small files are gathered, large pieces go through at once.
    private static let bufferByteCount = 1 << 20

    init(creating path: String) throws {
        self.path = path
        file = try PartFile(for: path)
    }

    /// Looks whether the disk has room for that many bytes; what others write meanwhile, the
    /// writing tells.
    func checkRoom(for byteCount: Int) throws {
        var status = unsafe statvfs()
        guard unsafe fstatvfs(file.descriptor, &status) == 0 else { return }
        let room = unsafe status.f_bavail.multipliedReportingOverflow(by: status.f_frsize)
        guard room.overflow || room.partialValue >= UInt(byteCount) else {
            throw FileError("write", path, code: ENOSPC)
        }
    }

    func write(_ piece: Span<UInt8>) throws {
        byteCount += piece.count
        if buffer.count + piece.count > Self.bufferByteCount { try flush() }
        try unsafe piece.withUnsafeBufferPointer { piece in
            if piece.count < Self.bufferByteCount {
                unsafe buffer.append(contentsOf: piece)
            } else {
                unsafe try writeAll(UnsafeRawBufferPointer(piece))
            }
        }
    }

    func finish() throws {
        try flush()
        try file.finish()
    }

    private func flush() throws {
        // Safe: the pointer does not leave the closure; the array outlives the call.
        try unsafe buffer.withUnsafeBytes { unsafe try writeAll($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        while offset < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
            // Safe: at most the count of the rest is read.
            let count = unsafe Glibc.write(file.descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("write", path)
            }
            offset += count
        }
    }
}
