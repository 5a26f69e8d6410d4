// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// Says that an operation is under way: what it saw in the store before a collection began is not
/// removed until it ends.
///
/// A file in `leases/` that is locked as long as the lease, or its process, lives. An operation
/// takes its lease before it looks at anything.
package final class Lease: Sendable {
    private let path: String
    private let lock: FileHandle

    init(in directory: String) throws {
        try Files.makeDirectories(directory)
        while true {
            let path = "\(directory)/\(RandomName.make())"
            let lock = try FileHandle.locking(path)
            // Between the making and the locking of its file a collection may have taken it for
            // that of a dead process.
            guard try lock.tryLock(), try lock.status().linkCount > 0 else { continue }
            (self.path, self.lock) = (path, lock)
            // Who waits for it can say for whom; on a full disk it is the lock alone that counts.
            do {
                try unsafe Array("\(getpid())".utf8).withUnsafeBytes { try unsafe lock.write($0) }
            } catch let error as FileError where error.isFull {}
            return
        }
    }

    // What cannot be removed here is removed by the next collection.
    deinit { unsafe _ = unlink(path) }
}

/// The leases of others, as a collection sees them.
struct LeaseList {
    struct Holder: Hashable {
        let path: String
        let process: String
        /// When the lease was taken: seconds and nanoseconds.
        let since: [Int]
    }

    let directory: String

    /// The leases that are held; those of dead processes are removed.
    func holders() throws -> [Holder] {
        guard try Files.entry(at: directory) != nil else { return [] }
        var holders: [Holder] = []
        for name in try Files.names(in: directory) {
            let path = "\(directory)/\(name)"
            do {
                let handle = try FileHandle.reading(path)
                if try handle.tryLock() {
                    try FileHandle.unlink(path)
                    continue
                }
                let status = try handle.status()
                let text = try handle.read(min(status.byteCount, 20), at: 0) ?? []
                holders.append(
                    Holder(
                        path: path,
                        process: String(decoding: text, as: UTF8.self),
                        since: Array(status.modified.prefix(2))
                    )
                )
            } catch let error as FileError where error.isMissing { continue }
        }
        return holders
    }

    /// Those of the holders that still hold their leases.
    func remaining(_ holders: [Holder]) throws -> [Holder] {
        try holders.filter { holder in
            do {
                return try !FileHandle.reading(holder.path).tryLock()
            } catch let error as FileError where error.isMissing { return false }
        }
    }
}

extension Store {
    /// When the first of the operations under way began, the caller's among them, in seconds since
    /// 1970.
    package func oldestOperation() throws -> Int { try blobs.oldestOperation()[0] }
}

extension BlobStore {
    /// When the first of the operations under way began, the caller's among them, by the clock of
    /// files: seconds and nanoseconds.
    func oldestOperation() throws -> [Int] {
        var clock = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &clock)
        return try LeaseList(directory: layout.leases).holders().map(\.since)
            .reduce([clock.tv_sec, clock.tv_nsec]) { $1.lexicographicallyPrecedes($0) ? $1 : $0 }
    }
}
