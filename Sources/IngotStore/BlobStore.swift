// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCrypto
package import IngotCore
internal import IngotFiles

/// Owns `oci-layout`, `blobs/`, `incoming/` and `uploads/` (`KeptUploads`) under a store's root.
/// Invariants:
///
/// (1) A file `blobs/sha256/<hex>` has exactly that SHA-256; it is read-only, never written in
///     place.
/// (2) A blob appears by rename from `incoming/` or `uploads/`, after its bytes are synced; whoever names it
///     elsewhere does so after the directory is synced as well. Bytes before names.
/// (3) An error of fsync is final: the file is thrown away and the write fails.
package final class BlobStore: Sendable {
    /// A blob of this size or less that exists already is read before it is trusted.
    private static let checkedByteLimit = 1 << 20

    package let layout: StoreLayout
    private let incoming: Incoming

    /// The store's directory, `.ingot` in a workspace.
    package var root: String { layout.root }

    /// Makes the store's directories and marker; what already exists is left as it is.
    package static func create(at root: String) throws -> BlobStore {
        let layout = StoreLayout(root: root)
        for directory in [layout.blobs, layout.incoming] { try Files.makeDirectories(directory) }
        if try Files.entry(at: layout.markerFile) == nil {
            let temporary = "\(layout.markerFile).\(UInt32.random(in: .min ... .max))"
            let handle = try FileHandle.creating(temporary, mode: 0o644)
            try unsafe StoreLayout.marker.withUnsafeBytes { try unsafe handle.write($0) }
            try handle.sync()
            try FileHandle.move(temporary, to: layout.markerFile)
        }
        for directory in [layout.blobs, "\(root)/blobs", root] {
            try FileHandle.syncDirectory(directory)
        }
        return try BlobStore(opening: root)
    }

    /// Opens a store, and clears away what processes that died left in `incoming/`.
    ///
    /// - Throws: `StoreError` when the directory is not a store of this format.
    package init(opening root: String) throws {
        layout = StoreLayout(root: root)
        guard try Files.entry(at: layout.markerFile) != nil else {
            throw StoreError("\(root): not an Ingot store: make one with `ingot init`")
        }
        guard try Files.read(layout.markerFile, limit: 4096) == StoreLayout.marker else {
            throw StoreError(
                "\(layout.markerFile): not the marker of an OCI layout 1.0.0: where the store is "
                    + "Ingot's, remove the file and run `ingot init`"
            )
        }
        incoming = Incoming(directory: layout.incoming)
        do {
            // A store that came as a copy or an archive may lack the empty directory.
            try Files.makeDirectories(layout.incoming)
            try incoming.removeStale()
            try removeStaleUploads()
            try restoreAbandoned()
        } catch let error as FileError where error.isReadOnly {
            // A store on a read-only disk can still be read.
        }
    }

    /// Stores bytes for good: on return they survive a crash.
    ///
    /// Bytes already there cost nothing.
    package func put(_ bytes: [UInt8]) throws -> Digest {
        let batch = batch()
        let digest = try batch.add(bytes)
        try batch.commit()
        return digest
    }

    /// Many blobs at the price of one sync of the directory.
    package func batch() -> BlobBatch { BlobBatch(store: self) }

    /// Starts a blob whose digest is known only at its end.
    package func writer() throws -> BlobWriter { try BlobWriter(path: try incoming.newPath()) }

    /// Makes an empty directory of mode 0700 for files on their way to becoming blobs.
    ///
    /// The caller removes it; whoever opens the store next does, when this process dies first.
    package func makePrivateDirectory() throws -> String {
        let path = try incoming.newPath()
        guard unsafe mkdir(path, 0o700) == 0 else {
            throw FileError.last("make the directory", path)
        }
        return path
    }

    /// Whether a blob can be read.
    package func contains(_ digest: Digest) -> Bool {
        keeps(digest) || FileHandle.isRegular(layout.condemned(digest)) || keeps(digest)
    }

    /// Whether a new version may rely on a blob: one that a collection is about to remove must be
    /// written anew.
    package func keeps(_ digest: Digest) -> Bool { FileHandle.isRegular(path(of: digest)) }

    /// Whether a blob is here, as far as that can be told without much reading: one of another
    /// size, or a small one with other bytes, is damaged.
    package func holds(_ digest: Digest, byteCount: Int) throws -> Bool {
        guard case .file(let existing, _)? = try Files.entry(at: path(of: digest)),
            existing == byteCount
        else { return false }
        guard byteCount <= Self.checkedByteLimit else { return true }
        return try open(digest).read(byteCount, at: 0).map { Digest.of($0) } == digest
    }

    /// Where a blob is or would be.
    package func path(of digest: Digest) -> String { layout.blob(digest) }

    package func byteCount(of digest: Digest) throws -> Int {
        try open(digest).status().byteCount
    }

    /// Reads a whole blob and checks it.
    ///
    /// - Throws: `StoreError` when it is missing, damaged or larger than `limit` bytes.
    package func read(_ digest: Digest, limit: Int = 64 << 20) throws -> [UInt8] {
        let handle = try open(digest)
        let byteCount = try handle.status().byteCount
        guard byteCount <= limit else {
            throw StoreError(
                "blob \(digest): \(byteCount) bytes, where at most \(limit) are expected"
            )
        }
        guard let bytes = try handle.read(byteCount, at: 0), Digest.of(bytes) == digest else {
            throw damaged(digest)
        }
        return bytes
    }

    /// Every blob's digest, in order.
    ///
    /// Files with other names are not blobs and are left out.
    package func digests() throws -> [Digest] {
        let condemned = try condemned()
        let digests = try Files.names(in: layout.blobs).compactMap { Digest(hex: $0) }
        return condemned.isEmpty ? digests : Set(digests).union(condemned).sorted()
    }

    /// Names in `blobs/sha256` that are not digests.
    func strangeNames() throws -> [String] {
        try Files.names(in: layout.blobs).filter { Digest(hex: $0) == nil }
    }

    /// A condemned blob can be read until it is removed.
    func open(_ digest: Digest) throws -> FileHandle {
        // It may be moved either way between two looks.
        for path in [path(of: digest), layout.condemned(digest), path(of: digest)] {
            do {
                return try FileHandle.reading(path)
            } catch let error as FileError where error.isMissing { continue }
        }
        throw missing(digest)
    }

    func missing(_ digest: Digest) -> StoreError {
        StoreError("blob \(digest): not in the store \(root): pull it, or add its content again")
    }

    func damaged(_ digest: Digest) -> StoreError {
        StoreError(
            "blob \(digest): its bytes have another digest: remove \(path(of: digest)), "
                + "then pull it or add its content again"
        )
    }
}

extension FileError {
    /// EROFS, EACCES or EPERM.
    var isReadOnly: Bool { [30, 13, 1].contains(code) }
}
