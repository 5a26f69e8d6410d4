// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// A file of a layout's directory that closes itself.
final class OpenFile: Sendable {
    private let path: String
    private let descriptor: Int32

    deinit { close(descriptor) }

    init(reading path: String) throws {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
    }

    /// A new file that only its owner may read.
    init(creating path: String) throws {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.last("create", path) }
    }

    /// Waits for an exclusive lock, which lasts as long as the object.
    init(locking path: String) throws {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError.last("lock", path) }
        }
    }

    /// The bytes of a range; nil where the file is shorter.
    func read(_ range: Range<Int>) throws -> [UInt8]? {
        var filled = 0
        let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while filled < range.count {
                // Safe: the offset and the rest are within the buffer.
                let step = unsafe pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    range.count - filled,
                    range.lowerBound + filled
                )
                if step < 0 {
                    if errno == EINTR { continue }
                    throw FileError.last("read", path)
                }
                if step == 0 { break }
                filled += step
            }
            count = filled
        }
        return filled == range.count ? bytes : nil
    }

    func write(_ bytes: [UInt8]) throws { try Files.writeAll(bytes, to: descriptor, path: path) }

    /// Syncs what was written.
    ///
    /// An error is final: the file is to be thrown away.
    func seal(mode: mode_t = 0o444) throws {
        guard fchmod(descriptor, mode) == 0 else {
            throw FileError.last("change the mode of", path)
        }
        guard fsync(descriptor) == 0 else { throw FileError.last("sync", path) }
    }

    func move(to target: String) throws {
        guard unsafe rename(path, target) == 0 else { throw FileError.last("rename", path) }
    }

    /// Best effort: what stays is removed when it is old.
    func discard() { unsafe _ = unlink(path) }

    static func syncDirectory(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError.last("sync", path) }
    }

    static func removeStale(_ path: String, olderThan seconds: Int) throws {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw FileError.last("read", path)
        }
        guard time(nil) - status.st_mtim.tv_sec > seconds else { return }
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw FileError.last("remove", path)
        }
    }
}
