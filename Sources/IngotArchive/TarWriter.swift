// SPDX-License-Identifier: Apache-2.0

/// Writes a tar to a sink, piece by piece, in bounded memory. Invariants:
///
/// (1) The bytes depend on the entries and their order alone.
/// (2) No path occurs twice.
/// (3) An entry has exactly the bytes that its header announced, or an error is thrown.
///
/// The end is two zero blocks; the tar is not padded to records of 10 KiB. A class, because its
/// sinks nest: a layer's writer writes into the archive's.
package final class TarWriter {
    package typealias Sink = (Span<UInt8>) throws -> Void

    private let sink: Sink
    private var current: TarHeader?
    private var missingByteCount = 0
    private var paths = Set<[UInt8]>()

    package init(to sink: @escaping Sink) { self.sink = sink }

    /// Starts an entry; a file's content follows with `write`.
    package func begin(_ header: TarHeader) throws {
        try closeEntry()
        guard paths.insert(Array(header.path.utf8)).inserted else {
            throw ArchiveError("archive entry '\(header.path)' occurs twice")
        }
        try emit(header.bytes)
        current = header
        missingByteCount = header.byteCount
    }

    /// Adds content to the entry begun last.
    package func write(_ bytes: Span<UInt8>) throws {
        guard bytes.count <= missingByteCount else {
            throw ArchiveError(
                "archive entry '\(current?.path ?? "")': more content than the "
                    + "\(current?.byteCount ?? 0) bytes announced; the file grew meanwhile"
            )
        }
        missingByteCount -= bytes.count
        try sink(bytes)
    }

    /// A whole small file.
    package func add(path: String, bytes: [UInt8], isExecutable: Bool = false) throws {
        try begin(
            TarHeader(path: path, kind: .file(byteCount: bytes.count), isExecutable: isExecutable)
        )
        try write(bytes.span)
    }

    package func addDirectory(path: String) throws {
        try begin(TarHeader(path: path, kind: .directory))
    }

    package func finish() throws {
        try closeEntry()
        try emit([UInt8](repeating: 0, count: 2 * Tar.blockByteCount))
    }

    private func closeEntry() throws {
        guard let entry = current else { return }
        guard missingByteCount == 0 else {
            throw ArchiveError(
                "archive entry '\(entry.path)': \(missingByteCount) bytes are missing of the "
                    + "\(entry.byteCount) announced; the file shrank meanwhile"
            )
        }
        try emit([UInt8](repeating: 0, count: entry.paddingByteCount))
        current = nil
    }

    private func emit(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        try sink(bytes.span)
    }
}
