// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// An OCI image layout in a directory, also one on a network's file system. Invariants:
///
/// (1) A blob appears by rename from `incoming/` after its bytes are synced and have its digest.
/// (2) The directory of the blobs is synced before the index is replaced, and the index is synced
///     before its rename and its directory after it: a tag never names bytes that a power cut
///     takes.
/// (3) The index is compared and replaced under an exclusive lock of the file `lock`.
final class DirectoryObjects: ObjectStore {
    private let path: String
    private let work = BlockingWork()

    /// A blob of this size or less that exists is read, and written again where it is damaged.
    private static let checkedByteLimit = 1 << 20
    private static let pieceByteCount = 1 << 20
    /// After this time nobody writes a temporary file any more.
    private static let staleSeconds = 7 * 86_400

    init(path: String) { self.path = path }

    func shutdown() async throws { try await work.shutdown() }

    private func path(of object: ObjectName) -> String { "\(path)/\(object.path)" }

    func byteCount(of object: ObjectName) async throws -> Int? {
        let file = path(of: object)
        return try await work.run {
            guard case .file(let byteCount, _)? = try Files.entry(at: file) else { return nil }
            return byteCount
        }
    }

    func read(_ object: ObjectName, limit: Int) async throws -> StoredObject? {
        let file = path(of: object)
        return try await work.run { try Self.read(file, limit: limit) }
    }

    private static func read(_ file: String, limit: Int) throws -> StoredObject? {
        do {
            let bytes = try Files.read(file, limit: limit)
            return StoredObject(bytes: bytes, version: Digest.of(bytes).hex)
        } catch let error as FileError where error.isMissing || error.code == ENOTDIR {
            return nil
        }
    }

    func put(_ blob: OutgoingBlob) async throws {
        try await work.run { try self.putNow(blob) }
    }

    func download(
        _ digest: Digest,
        bytes: Range<Int>,
        receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let file = path(of: .blob(digest))
        let handle: OpenFile
        do {
            handle = try await work.run { try OpenFile(reading: file) }
        } catch let error as FileError where error.isMissing {
            throw RemoteError(.notFound, "\(path): blob \(digest) is not there")
        }
        var offset = bytes.lowerBound
        while offset < bytes.upperBound {
            let range = offset..<min(offset + Self.pieceByteCount, bytes.upperBound)
            guard let piece = try await work.run({ try handle.read(range) }) else {
                throw RemoteError(
                    .untrue,
                    "\(path): blob \(digest) is shorter there than it should be: push it again"
                )
            }
            // Safe: the buffer is valid for the call.
            try unsafe piece.withUnsafeBytes { try unsafe receive($0) }
            offset = range.upperBound
        }
    }

    func replaceIndex(with bytes: [UInt8], expecting version: String?) async throws -> Bool {
        try await work.run { try self.replaceIndexNow(with: bytes, expecting: version) }
    }
}

/// Writing.
extension DirectoryObjects {
    private func prepare() throws {
        try Files.makeDirectories("\(path)/blobs/sha256")
        try Files.makeDirectories("\(path)/incoming")
    }

    private func putNow(_ blob: OutgoingBlob) throws {
        let target = path(of: .blob(blob.digest))
        if try hasWhole(blob, at: target) { return }
        let file: OpenFile
        do {
            file = try OpenFile(creating: temporaryPath())
        } catch let error as FileError where error.isMissing {
            try prepare()
            file = try OpenFile(creating: temporaryPath())
        }
        do {
            let hasher = SHA256Hasher()
            var offset = 0
            while offset < blob.byteCount {
                let range = offset..<min(offset + Self.pieceByteCount, blob.byteCount)
                let piece = try blob.read(range)
                guard piece.count == range.count else {
                    throw RemoteError(.untrue, "blob \(blob.digest): it ended while it was sent")
                }
                hasher.update(piece)
                try file.write(piece)
                offset = range.upperBound
            }
            guard hasher.finish() == blob.digest else {
                throw RemoteError(
                    .untrue,
                    "blob \(blob.digest): the bytes to be sent have another digest: run ingot fsck"
                )
            }
            // Invariant (1): synced and compared before the rename.
            try file.seal()
            try file.move(to: target)
        } catch {
            file.discard()
            throw error
        }
    }

    private func hasWhole(_ blob: OutgoingBlob, at target: String) throws -> Bool {
        guard case .file(blob.byteCount, _)? = try Files.entry(at: target) else { return false }
        guard blob.byteCount <= Self.checkedByteLimit else { return true }
        return Digest.of(try Files.read(target, limit: Self.checkedByteLimit)) == blob.digest
    }

    private func temporaryPath() -> String {
        "\(path)/incoming/\(Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) }))"
    }

    private func replaceIndexNow(with bytes: [UInt8], expecting version: String?) throws -> Bool {
        try prepare()
        // Invariant (3).
        let lock = try OpenFile(locking: "\(path)/lock")
        defer { withExtendedLifetime(lock) {} }
        let current = try Self.read(path(of: .index), limit: LayoutIndex.byteLimit)
        guard current?.version == version else { return false }
        try OpenFile.syncDirectory("\(path)/blobs/sha256")
        if current == nil {
            try OpenFile.syncDirectory("\(path)/blobs")
            try replace(.layout, with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        }
        try replace(.index, with: bytes)
        try removeStale()
        return true
    }

    /// Invariant (2).
    private func replace(_ object: ObjectName, with bytes: [UInt8]) throws {
        let file = try OpenFile(creating: temporaryPath())
        do {
            try file.write(bytes)
            try file.seal(mode: 0o644)
            try file.move(to: path(of: object))
        } catch {
            file.discard()
            throw error
        }
        try OpenFile.syncDirectory(path)
    }

    /// Removes what writers left that ended before their rename.
    private func removeStale() throws {
        for name in try Files.names(in: "\(path)/incoming") {
            try OpenFile.removeStale("\(path)/incoming/\(name)", olderThan: Self.staleSeconds)
        }
    }
}
