// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// Owns `uploads/`, where the bytes of blobs lie whose senders may go on after this process has
/// ended. Invariants:
///
/// (1) Whoever writes to a file, or takes it for a blob, holds its lock.
/// (2) A file that nobody holds and nobody wrote to for a day is removed when a store is opened, and
///     by a server that runs.
/// (3) Nothing is synced before it becomes a blob: what a power cut made of a file shows by its
///     digest.
extension BlobStore {
    private static let keptSeconds = 86_400

    /// Begins an upload that is kept until it becomes a blob, or is discarded.
    ///
    /// It is found again by its name, which is that of a file.
    package func keptWriter(_ name: String) throws -> BlobWriter {
        try Files.makeDirectories(layout.uploads)
        let handle = try FileHandle.holding {
            try .creating("\(layout.uploads)/\(name)", mode: 0o600)
        }
        return BlobWriter(keeping: handle)
    }

    /// Goes on with an upload where it was left: its bytes are read once, for their digest, before
    /// others are written.
    ///
    /// Nil when there is none of that name that this process may write to, or somebody writes to it.
    package func resumedWriter(_ name: String) throws -> BlobWriter? {
        let path = "\(layout.uploads)/\(name)"
        do {
            guard try Self.makeWritable(path) else { return nil }
            let handle = try FileHandle.appending(path)
            guard try handle.tryLock() else { return nil }
            let status = try handle.status()
            guard status.isRegular, status.linkCount == 1 else { return nil }
            return BlobWriter(keeping: handle, writtenByteCount: status.byteCount)
        } catch let error as FileError where error.isMissing || error.isReadOnly { return nil }
    }

    /// Who died while it made a blob of the file may have left it read-only.
    ///
    /// False when somebody holds it.
    private static func makeWritable(_ path: String) throws -> Bool {
        let handle = try FileHandle.reading(path)
        guard try handle.tryLock() else { return false }
        try handle.setMode(0o600)
        return true
    }

    /// Removes an upload, if it has become no blob; for whoever holds it.
    package func discardKept(_ name: String) { StagedBlob.discard("\(layout.uploads)/\(name)") }

    /// Removes what invariant (2) says.
    package func removeStaleUploads() throws {
        guard try Files.entry(at: layout.uploads) == .directory else { return }
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        for name in try Files.names(in: layout.uploads, skippingUnreadable: true) {
            let path = "\(layout.uploads)/\(name)"
            do {
                let handle = try FileHandle.reading(path)
                let status = try handle.status()
                guard status.isRegular, status.modified[0] < now.tv_sec - Self.keptSeconds,
                    try handle.tryLock()
                else { continue }
                try FileHandle.unlink(path)
            } catch is FileError {
                // Gone by itself, somebody else's, or no file: it keeps no store from being opened.
            }
        }
    }
}
