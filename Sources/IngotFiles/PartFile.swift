// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A file on its way to its path: written beside it, then renamed, so that a reader sees the old
/// file or the new one.
///
/// (1) Its name follows from the target's, so what a killed writer left is taken over by the next
///     one and does not stay for good. The name is one that no version of data has.
/// (2) Whoever writes it holds its lock; a lock counts only while the file has the name, since the
///     holder before may have renamed or removed it.
///
/// Not synced.
package final class PartFile {
    private let path: String
    private let temporary: String
    private var handle: Int32

    /// Bytes of the target's name that its own repeats: a name has at most 255.
    private static let nameByteCount = 200

    /// Waits for another writer of the same file.
    package init(for path: String) throws {
        self.path = path
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { String(path[...$0]) } ?? ""
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        let kept = String(decoding: name.utf8.prefix(Self.nameByteCount), as: UTF8.self)
        temporary = "\(directory).ingot-\(kept).part"
        handle = try Self.take(temporary)
    }

    deinit {
        guard handle >= 0 else { return }
        // Before the lock goes with the descriptor: afterwards it may be somebody else's.
        unsafe unlink(temporary)
        close(handle)
    }

    /// To be written to; closed with the object.
    package var descriptor: Int32 { handle }

    /// Puts the file at its path.
    package func finish() throws {
        guard unsafe rename(temporary, path) == 0 else { throw FileError.last("replace", path) }
        close(handle)
        handle = -1
    }

    private static func take(_ path: String) throws -> Int32 {
        while true {
            // Not blocking: where somebody put a named pipe, there may be no reader.
            let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
            let descriptor = unsafe open(path, flags, 0o644)
            guard descriptor >= 0 else { throw FileError.last("create", path) }
            do {
                if try isTaken(descriptor, path) { return descriptor }
            } catch {
                close(descriptor)
                throw error
            }
            close(descriptor)
        }
    }

    /// Locks and empties the file; false when it lost its name meanwhile.
    private static func isTaken(_ descriptor: Int32, _ path: String) throws -> Bool {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError.last("lock", path) }
        }
        var own = stat()
        var named = stat()
        guard unsafe fstat(descriptor, &own) == 0 else { throw FileError.last("read", path) }
        guard unsafe lstat(path, &named) == 0, own.st_dev == named.st_dev,
            own.st_ino == named.st_ino
        else { return false }
        // Another name of somebody's file must not be emptied.
        guard own.st_mode & S_IFMT == S_IFREG, own.st_nlink == 1 else {
            throw FileError(
                "create",
                path,
                code: EEXIST,
                problem: "something is there that no writer left: look at it and remove it"
            )
        }
        guard ftruncate(descriptor, 0) == 0 else { throw FileError.last("write", path) }
        return true
    }
}
