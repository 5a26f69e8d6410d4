// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// An open file that closes itself; the system calls of the store, with errors that name the path.
final class FileHandle: Sendable {
    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// What tells that a file changed while it was read.
    struct Status: Equatable {
        let byteCount: Int
        let device: UInt
        let inode: UInt
        let modified: [Int]
        let isRegular: Bool
        let isExecutable: Bool
        let linkCount: Int
    }

    /// - Throws: ELOOP when the path is a symbolic link.
    static func reading(_ path: String) throws -> FileHandle {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        return FileHandle(path: path, descriptor: descriptor)
    }

    static func creating(_ path: String, mode: mode_t) throws -> FileHandle {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError.last("create", path) }
        return FileHandle(path: path, descriptor: descriptor)
    }

    /// Opens a file that is there, to read it and then to write behind its end.
    static func appending(_ path: String) throws -> FileHandle {
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        return FileHandle(path: path, descriptor: descriptor)
    }

    /// Opens a file to lock it, making it where it is missing.
    static func locking(_ path: String) throws -> FileHandle {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        return FileHandle(path: path, descriptor: descriptor)
    }

    func status() throws -> Status {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        return Status(
            byteCount: Int(status.st_size),
            device: status.st_dev,
            inode: status.st_ino,
            modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_nsec],
            isRegular: status.st_mode & S_IFMT == S_IFREG,
            isExecutable: status.st_mode & S_IXUSR != 0,
            linkCount: Int(status.st_nlink)
        )
    }

    /// Whether the file's path leads to it, and not to another one that took its place.
    func hasName() throws -> Bool {
        var named = stat()
        guard unsafe lstat(path, &named) == 0 else {
            let error = FileError.last("read", path)
            if error.isMissing { return false }
            throw error
        }
        let own = try status()
        return own.device == named.st_dev && own.inode == named.st_ino
    }

    /// Reads the next bytes, until the buffer is full or the file ends.
    ///
    /// Returns their count.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < buffer.count {
            // Safe: the offset and the rest are within the buffer.
            let count = unsafe Glibc.read(
                descriptor,
                buffer.baseAddress?.advanced(by: filled),
                buffer.count - filled
            )
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("read", path)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Reads exactly `count` bytes at an offset; nil when the file is shorter.
    func read(_ count: Int, at offset: Int) throws -> [UInt8]? {
        var filled = 0
        let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while filled < count {
                // Safe: the offset and the rest are within the buffer.
                let step = unsafe pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    offset + filled
                )
                if step < 0 {
                    if errno == EINTR { continue }
                    throw FileError.last("read", path)
                }
                if step == 0 { break }
                filled += step
            }
            initialized = filled
        }
        return filled == count ? bytes : nil
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        while offset < bytes.count {
            // Safe: the offset and the rest are within the buffer.
            let count = unsafe Glibc.write(
                descriptor,
                bytes.baseAddress?.advanced(by: offset),
                bytes.count - offset
            )
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("write", path)
            }
            offset += count
        }
    }

    /// Says that a part of the file will not be needed soon.
    ///
    /// The kernel begins to write what of it is not on the disk yet, so that `sync` finds
    /// little left to wait for, and gives up the memory of what is.
    func forget(_ range: Range<Int>) {
        // Only a hint: `sync` reports what goes wrong.
        _ = posix_fadvise(descriptor, range.lowerBound, range.count, POSIX_FADV_DONTNEED)
    }

    func setMode(_ mode: mode_t) throws {
        guard fchmod(descriptor, mode) == 0 else {
            throw FileError.last("change the mode of", path)
        }
    }

    /// An error is final for this file: what the kernel dropped is not reported a second time, so
    /// the caller must throw the file away, never sync it again.
    func sync() throws {
        guard fsync(descriptor) == 0 else { throw FileError.last("sync", path) }
    }

    /// A second descriptor of the same open file, which the caller must close.
    func duplicate() throws -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw FileError.last("open", path) }
        return copy
    }

    /// True when the lock was taken at once; it lasts as long as the handle.
    func tryLock() throws -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw FileError.last("lock", path) }
        return false
    }

    /// Waits for the lock; it lasts as long as the handle.
    func lock() throws {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError.last("lock", path) }
        }
    }

    static func syncDirectory(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError.last("sync", path) }
    }

    static func move(_ source: String, to target: String) throws {
        guard unsafe rename(source, target) == 0 else { throw FileError.last("rename", source) }
    }

    /// Removes a file; false when it was not there.
    @discardableResult
    static func unlink(_ path: String) throws -> Bool {
        if unsafe Glibc.unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw FileError.last("remove", path) }
        return false
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether a file is there that is no link, directory or device.
    static func isRegular(_ path: String) -> Bool {
        var status = unsafe stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

/// An exclusive lock on a file, held as long as the object, or its process, lives.
package final class FileLock: Sendable {
    private let handle: FileHandle

    /// Takes the lock and makes the file where it is missing; nil when somebody has it.
    package init?(at path: String) throws {
        handle = try FileHandle.locking(path)
        guard try handle.tryLock() else { return nil }
    }

    /// Whether some process holds the lock.
    package static func isHeld(at path: String) -> Bool {
        guard let handle = try? FileHandle.reading(path), let isFree = try? handle.tryLock() else {
            return false
        }
        return !isFree
    }
}

/// The few file operations that the catalog shares with the store.
package enum StoreFiles {
    package static func exists(_ path: String) throws -> Bool { FileHandle.exists(path) }

    package static func syncDirectory(_ path: String) throws {
        try FileHandle.syncDirectory(path)
    }

    /// Whether the disk of a file has no room, or no names, for the small files that databases
    /// make.
    package static func isFull(_ path: String) -> Bool {
        var status = unsafe statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return false }
        let byteCount = unsafe status.f_bavail.multipliedReportingOverflow(by: status.f_frsize)
        let hasRoom = byteCount.overflow || byteCount.partialValue >= 1 << 20
        return unsafe !hasRoom || status.f_files > 0 && status.f_favail == 0
    }

    /// Runs `body` while holding an exclusive lock on a file, which is made where it is missing.
    package static func withLock<Value>(
        on path: String,
        _ body: () throws -> Value
    ) throws -> Value {
        let handle = try FileHandle.locking(path)
        try handle.lock()
        return try body()
    }
}
