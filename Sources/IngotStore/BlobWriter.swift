// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// A blob on its way: hashed while it is written to a temporary file of mode 0600.
///
/// The file goes away with the writer, unless `finish` handed it over or it is kept. One thread at
/// a time may use a writer.
package final class BlobWriter {
    private let handle: FileHandle
    /// It outlives the writer, unless it becomes a blob.
    private let isKept: Bool
    private let hasher = SHA256Hasher()
    private var isFinished = false
    /// Up to here the kernel was told to write.
    private var forgottenByteCount = 0
    private static let forgottenTogether = 16 << 20
    package private(set) var byteCount = 0
    /// What an earlier writer left and was not hashed yet.
    private var unreadByteCount = 0

    init(path: String) throws {
        handle = try FileHandle.creating(path, mode: 0o600)
        isKept = false
    }

    /// A writer of an upload that is kept, see `KeptUploads`.
    ///
    /// What an earlier writer left in it is part of the blob.
    init(keeping handle: FileHandle, writtenByteCount: Int = 0) {
        self.handle = handle
        isKept = true
        byteCount = writtenByteCount
        unreadByteCount = writtenByteCount
        forgottenByteCount = writtenByteCount
    }

    deinit { if !isFinished && !isKept { StagedBlob.discard(handle.path) } }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        try readWritten()
        try unsafe handle.write(bytes)
        unsafe hasher.update(bytes)
        byteCount += bytes.count
        if byteCount - forgottenByteCount >= Self.forgottenTogether {
            handle.forget(forgottenByteCount..<byteCount)
            forgottenByteCount = byteCount
        }
    }

    func write(_ bytes: [UInt8]) throws {
        try unsafe bytes.withUnsafeBytes { try unsafe write($0) }
    }

    /// Hashes what an earlier writer left in the file, as if it had been written now.
    ///
    /// - Returns: whether all of it is hashed; what is not after `limit` bytes is read when it is
    ///   needed.
    @discardableResult
    package func readWritten(limit: Int = .max) throws -> Bool {
        guard unreadByteCount > 0 else { return true }
        var rest = min(limit, unreadByteCount)
        try unsafe withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 16) { buffer in
            while rest > 0 {
                // Safe: the rest is positive and the slice within the buffer.
                let count = try unsafe handle.fill(
                    UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)])
                )
                guard count > 0 else { throw StoreError.changedWhileRead(handle.path) }
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                rest -= count
                unreadByteCount -= count
            }
        }
        return unreadByteCount == 0
    }

    /// Exactly `count` bytes of what was written; nil when there are fewer.
    package func read(_ count: Int, at offset: Int) throws -> [UInt8]? {
        try handle.read(count, at: offset)
    }

    /// The directory of what was written, when that is a pack, with each of its chunks checked.
    ///
    /// Nil for anything else.
    ///
    /// - Throws: `StoreError` for what ends like a pack and is not a whole one.
    package func checkedPackDirectory() throws -> PackDirectory? {
        guard byteCount <= PackDirectory.packByteLimit else { return nil }
        return try PackDirectory(checking: byteCount) { [handle] in try handle.read($0, at: $1) }
    }

    /// Lets the kernel use the memory of a finished blob that will not be read soon.
    func forget() { handle.forget(0..<byteCount) }

    /// Syncs the bytes; the writer must not be used again but to be forgotten.
    ///
    /// Invariant (3): no second try.
    func finish() throws -> StagedBlob {
        try readWritten()
        try handle.setMode(0o444)
        try handle.sync()
        isFinished = true
        return StagedBlob(path: handle.path, digest: hasher.finish(), byteCount: byteCount)
    }
}

/// A synced temporary file that is ready to become a blob.
struct StagedBlob {
    let path: String
    let digest: Digest
    let byteCount: Int

    /// Best effort: what stays behind is removed by the next process that opens the store.
    static func discard(_ path: String) {
        unsafe _ = Glibc.unlink(path)
    }
}
