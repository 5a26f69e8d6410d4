// SPDX-License-Identifier: Apache-2.0

internal import CLibArchive
internal import Glibc

/// A regular file or directory of an archive, as its header describes it.
package struct ArchiveEntry: Hashable, Sendable {
    /// Relative, normalised: no `.` or `..` component, no slash at the end.
    package let path: String
    package let isDirectory: Bool
    package let isExecutable: Bool
    /// What the header announces; `readContent` refuses anything else.
    package let byteCount: Int
}

/// Reads a user's archive entry by entry, through libarchive; nothing is written to disk.
///
/// Formats: ustar, pax and GNU, plain or compressed with gzip, zstd or xz; zip where it is asked
/// for. Invariants:
///
/// (1) Every path handed out is relative, UTF-8, and unique within the archive.
/// (2) Links, devices and sparse files are refused, not skipped: no archive of Ingot's needs them.
/// (3) No more than the limits' bytes are ever decompressed into memory or passed on.
@safe package final class ArchiveReader {
    /// What an archive may be.
    package enum Formats: Sendable {
        case tar, tarAndZip

        fileprivate var name: String { self == .tar ? "tar" : "tar or zip" }
    }

    private let archive: OpaquePointer
    private let formats: Formats
    /// The archive's own size, compressed.
    private let archiveByteCount: Int
    private let limits: ArchiveLimits
    /// For messages.
    private let name: String
    /// Keeps an archive in memory alive while libarchive reads it.
    private let memory: UnsafeMutableRawBufferPointer?
    private var paths = Set<[UInt8]>()
    private var current: ArchiveEntry?
    private var usedByteCount = 0

    /// 1 MiB: how much libarchive reads at a time.
    private static let blockByteCount = 1 << 20

    package convenience init(
        path: String,
        limits: ArchiveLimits = ArchiveLimits(),
        formats: Formats = .tar
    ) throws(ArchiveError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw ArchiveError("\(path): no such file, or one that cannot be looked at")
        }
        unsafe try self.init(
            name: path,
            limits: limits,
            formats: formats,
            byteCount: Int(status.st_size),
            memory: nil
        )
        guard unsafe archive_read_open_filename(archive, path, Self.blockByteCount) == ARCHIVE_OK
        else { throw failure("cannot be opened as a \(formats.name) archive") }
    }

    /// Reads an archive that is in memory; `name` stands for it in messages.
    package convenience init(
        bytes: [UInt8],
        name: String,
        limits: ArchiveLimits = ArchiveLimits(),
        formats: Formats = .tar
    ) throws(ArchiveError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        unsafe copy.copyBytes(from: bytes)
        try unsafe self.init(
            name: name,
            limits: limits,
            formats: formats,
            byteCount: bytes.count,
            memory: copy
        )
        // Safe: the copy lives until deinit, after the archive is freed.
        guard unsafe archive_read_open_memory(archive, copy.baseAddress, copy.count) == ARCHIVE_OK
        else { throw failure("cannot be opened as a \(formats.name) archive") }
    }

    private init(
        name: String,
        limits: ArchiveLimits,
        formats: Formats,
        byteCount: Int,
        memory: UnsafeMutableRawBufferPointer?
    ) throws(ArchiveError) {
        guard let archive = unsafe archive_read_new() else {
            unsafe memory?.deallocate()
            throw ArchiveError("\(name): no memory to read an archive")
        }
        unsafe self.archive = archive
        unsafe self.memory = memory
        self.name = name
        self.limits = limits
        self.formats = formats
        archiveByteCount = byteCount
        unsafe archive_read_support_format_tar(archive)
        if formats == .tarAndZip { unsafe archive_read_support_format_zip(archive) }
        unsafe archive_read_support_filter_gzip(archive)
        unsafe archive_read_support_filter_zstd(archive)
        unsafe archive_read_support_filter_xz(archive)
    }

    deinit {
        unsafe archive_read_free(archive)
        unsafe memory?.deallocate()
    }

    /// Moves to the next entry; nil at the end.
    package func next() throws(ArchiveError) -> ArchiveEntry? {
        current = nil
        var header: OpaquePointer?
        let status = Self.withUTF8Names { unsafe archive_read_next_header(archive, &header) }
        if status == ARCHIVE_EOF { return nil }
        // A warning means that libarchive guessed: an archive that needs guesses is refused.
        guard status == ARCHIVE_OK, let header = unsafe header else {
            throw failure("is not a readable \(formats.name) archive")
        }
        let entry = unsafe try describe(header)
        guard paths.insert(Array(entry.path.utf8)).inserted else {
            throw ArchiveError("\(name): the entry '\(entry.path)' occurs twice")
        }
        guard paths.count <= limits.entryCount else {
            throw ArchiveError("\(name): more than \(limits.entryCount) entries")
        }
        // Invariant (3): skipping a compressed entry decompresses it too, so it counts now.
        guard entry.byteCount <= limits.byteCount - usedByteCount else {
            throw ArchiveError(
                "\(name): '\(entry.path)' brings the content over the limit of "
                    + "\(limits.byteCount) bytes"
            )
        }
        usedByteCount += entry.byteCount
        if let ratio = limits.ratio, usedByteCount > ArchiveLimits.ratioFreeByteCount,
            usedByteCount / ratio > archiveByteCount
        {
            throw ArchiveError(
                "\(name): '\(entry.path)' brings the content to more than \(ratio) times the "
                    + "archive's \(archiveByteCount) bytes"
            )
        }
        current = entry
        return entry
    }

    /// The content of the current entry, which must have at most `limit` bytes.
    package func readContent(limit: Int) throws -> [UInt8] {
        guard let entry = current, entry.byteCount <= limit else {
            throw ArchiveError(
                "\(name): '\(current?.path ?? "")' has \(current?.byteCount ?? 0) bytes, more than "
                    + "the \(limit) allowed here"
            )
        }
        var content: [UInt8] = []
        content.reserveCapacity(entry.byteCount)
        try withContent { piece in
            unsafe piece.withUnsafeBufferPointer { unsafe content.append(contentsOf: $0) }
        }
        return content
    }

    /// Passes the content of the current entry on in pieces.
    package func withContent(
        _ body: (Span<UInt8>) throws -> Void
    ) throws {
        guard let entry = current else { return }
        current = nil
        var seen = 0
        while true {
            var piece: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let status = unsafe archive_read_data_block(archive, &piece, &count, &offset)
            if status == ARCHIVE_EOF { break }
            guard status == ARCHIVE_OK else { throw failure("'\(entry.path)' is damaged") }
            guard Int(offset) == seen, count <= entry.byteCount - seen else {
                throw ArchiveError("\(name): '\(entry.path)' does not have the size it announces")
            }
            seen += count
            // Safe: the block is valid until the next call on this archive.
            let block = unsafe UnsafeRawBufferPointer(start: piece, count: count)
            try unsafe body(block.bindMemory(to: UInt8.self).span)
        }
        guard seen == entry.byteCount else {
            throw ArchiveError(
                "\(name): '\(entry.path)' ends after \(seen) of \(entry.byteCount) bytes"
            )
        }
    }

    private func describe(_ header: OpaquePointer) throws(ArchiveError) -> ArchiveEntry {
        guard let raw = unsafe archive_entry_pathname(header),
            let path = unsafe String(validatingCString: raw)
        else { throw ArchiveError("\(name): an entry's name is not UTF-8") }
        let type = unsafe archive_entry_filetype(header)
        let isDirectory = type == S_IFDIR
        guard isDirectory || type == S_IFREG, unsafe archive_entry_hardlink(header) == nil,
            unsafe archive_entry_sparse_count(header) == 0
        else {
            throw ArchiveError(
                "\(name): '\(path)' is a link, a device or a sparse file; only plain files and "
                    + "directories are read"
            )
        }
        let size = unsafe archive_entry_size(header)
        let hasSize = unsafe isDirectory || archive_entry_size_is_set(header) != 0
        guard hasSize, size >= 0, let byteCount = Int(exactly: size) else {
            throw ArchiveError("\(name): '\(path)' announces no valid size")
        }
        return ArchiveEntry(
            path: try normalise(path),
            isDirectory: isDirectory,
            isExecutable: unsafe archive_entry_perm(header) & S_IXUSR != 0,
            byteCount: isDirectory ? 0 : byteCount
        )
    }

    /// Gives the thread a UTF-8 locale for a call.
    ///
    /// libarchive converts pax names, which are UTF-8, to the thread's locale, and fails for names
    /// that the C locale cannot show.
    private static func withUTF8Names<Result>(_ body: () -> Result) -> Result {
        let mask = Int32(1) << LC_CTYPE
        guard let names = unsafe newlocale(mask, "C.UTF-8", nil) else { return body() }
        let previous = unsafe uselocale(names)
        defer {
            unsafe uselocale(previous)
            unsafe freelocale(names)
        }
        return body()
    }

    private func normalise(_ path: String) throws(ArchiveError) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard !path.utf8.starts(with: "/".utf8), !parts.contains("..") else {
            throw ArchiveError("\(name): the entry '\(path)' points outside of the archive")
        }
        // `./` itself, which `tar -C dir .` writes first.
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    private func failure(_ problem: String) -> ArchiveError {
        let reason = unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
        return ArchiveError("\(name): \(problem)\(reason.map { ": \($0)" } ?? "")")
    }
}
