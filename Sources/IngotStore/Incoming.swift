// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles
internal import Synchronization

/// Owns `incoming/`, where blobs are written before they have a name. Invariants:
///
/// (1) Each opened store writes into a directory of its own, `incoming/<session>/`, made at its
///     first write; while it lives it holds an exclusive `flock` on `incoming/<session>.lock`.
/// (2) Whoever can take the lock of a session may remove the session: its process is gone, whatever
///     its number, host or container was. The lock file goes last.
final class Incoming: Sendable {
    private struct Session {
        let directory: String
        let lock: FileHandle
        var count = 0
    }

    private let directory: String
    private let session = Mutex<Session?>(nil)

    init(directory: String) { self.directory = directory }

    deinit {
        let ended = session.withLock { $0.take() }
        guard let ended else { return }
        // What cannot be removed here is removed by the next process that opens the store.
        if unsafe rmdir(ended.directory) == 0 { unsafe unlink(ended.directory + ".lock") }
    }

    /// A path for a new temporary file, on the file system of the blobs.
    func newPath() throws -> String {
        try session.withLock { state in
            var current = try state ?? begin()
            current.count += 1
            state = current
            return "\(current.directory)/\(current.count)"
        }
    }

    private func begin() throws -> Session {
        while true {
            let path = "\(directory)/\(RandomName.make())"
            let lock = try FileHandle.locking(path + ".lock")
            // Between the making and the locking of its file somebody may have taken it for stale.
            guard try lock.tryLock(), try lock.status().linkCount > 0 else { continue }
            guard unsafe mkdir(path, 0o700) == 0 else {
                let error = FileError.last("make the directory", path)
                unsafe unlink(path + ".lock")
                throw error
            }
            return Session(directory: path, lock: lock)
        }
    }

    /// Removes what dead processes left.
    func removeStale() throws {
        let names = try Files.names(in: directory)
        for name in names where name.hasSuffix(".lock") {
            let path = "\(directory)/\(name)"
            let lock: FileHandle
            do {
                lock = try FileHandle.reading(path)
            } catch let error as FileError where error.isMissing { continue }
            guard try lock.tryLock() else { continue }
            try Files.remove(String(path.dropLast(".lock".utf8.count)))
            try FileHandle.unlink(path)
        }
        // A directory is made after its lock file, so one without is left of a half-done removal.
        let locks = Set(names)
        for name in names where !name.hasSuffix(".lock") && !locks.contains(name + ".lock") {
            let path = "\(directory)/\(name)"
            guard !FileHandle.exists(path + ".lock"), FileHandle.exists(path) else { continue }
            try Files.remove(path)
        }
    }
}
