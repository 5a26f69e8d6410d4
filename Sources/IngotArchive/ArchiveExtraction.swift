// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore

/// A file of an archive that lies in a directory of its own now.
package struct ExtractedFile: Sendable, Hashable {
    /// Its path in the archive.
    package let path: String
    package let isExecutable: Bool
    /// Where its content is.
    package let location: String
}

/// Takes the files out of a user's archive, all or none.
///
/// Content is streamed into files that are called `1`, `2`, …: no name of an archive ever reaches
/// the file system, so none can lead out of the directory or meet another there.
package struct ArchiveExtraction {
    /// Directories that are no part of a version, as when a directory is added.
    private let skippedNames: Set<String>
    /// Throws for a path that a version cannot have.
    private let validate: (String) throws -> Void

    package init(
        skippedNames: Set<String>,
        validate: @escaping (_ path: String) throws -> Void
    ) {
        self.skippedNames = skippedNames
        self.validate = validate
    }

    /// Extracts into an empty directory that nobody else can write to; the caller removes it,
    /// whatever happens.
    ///
    /// - Throws: `ArchiveError` that names the archive and the entry; what `progress` throws.
    package func run(
        archive: String,
        into directory: String,
        limits: ArchiveLimits,
        progress: (_ fileCount: Int, _ byteCount: Int) throws -> Void
    ) throws -> [ExtractedFile] {
        let reader = try ArchiveReader(path: archive, limits: limits, formats: .tarAndZip)
        var names = EntryNames()
        var files: [ExtractedFile] = []
        var byteCount = 0
        while let entry = try reader.next() {
            if entry.path == "." && entry.isDirectory { continue }
            if let fault = names.fault(addingPath: entry.path, isDirectory: entry.isDirectory) {
                throw ArchiveError("\(archive): the entry '\(entry.path)' \(fault)")
            }
            do { try validate(entry.path) } catch let error as any IngotError {
                throw ArchiveError("\(archive): \(error.message)")
            }
            let parents = entry.path.split(separator: "/").dropLast().map(String.init)
            if entry.isDirectory || parents.contains(where: skippedNames.contains) { continue }
            let location = "\(directory)/\(files.count + 1)"
            try write(reader, to: location) { count in
                byteCount += count
                try progress(files.count, byteCount)
            }
            files.append(
                ExtractedFile(
                    path: entry.path,
                    isExecutable: entry.isExecutable,
                    location: location
                )
            )
        }
        return files
    }

    private func write(
        _ reader: ArchiveReader,
        to location: String,
        each: (Int) throws -> Void
    ) throws {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let descriptor = unsafe open(location, flags, 0o600)
        guard descriptor >= 0 else { throw Self.failure("create", location) }
        defer { close(descriptor) }
        try reader.withContent { piece in
            var offset = 0
            while offset < piece.count {
                let count = unsafe piece.withUnsafeBytes { bytes in
                    // Safe: the offset and the rest are within the piece.
                    unsafe Glibc.write(
                        descriptor,
                        bytes.baseAddress?.advanced(by: offset),
                        bytes.count - offset
                    )
                }
                if count < 0 {
                    if errno == EINTR { continue }
                    throw Self.failure("write", location)
                }
                offset += count
            }
            try each(piece.count)
        }
    }

    private static func failure(_ operation: String, _ path: String) -> ArchiveError {
        let code = errno
        let remedy = code == ENOSPC ? ": free some space and run the command again" : ""
        return unsafe ArchiveError(
            "\(path): cannot \(operation): \(String(cString: strerror(code)))\(remedy)"
        )
    }
}
