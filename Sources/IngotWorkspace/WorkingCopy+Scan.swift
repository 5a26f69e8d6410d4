// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotFiles
package import IngotStore

/// The data as it is now, ready to be added.
package struct Scan: Sendable {
    /// Files that must be read, in order.
    package let files: [FileSource]
    /// Files that are those of the version that the data last was.
    package let kept: KeptFiles?
    package let form: Pointer.Form
    package let fileCount: Int
    let listing: Listing
    let bound: Int64
    /// The cache says all this already.
    let cachedVersion: Digest?
}

extension WorkingCopy {
    /// Walks the data and reads nothing of it.
    ///
    /// - Throws: `WorkspaceError` for what no version can hold: a link, a special file, a name that
    ///   is not UTF-8.
    package func scan() throws -> Scan {
        let bound = StatCache.now()
        guard let (listing, form) = try DirectoryWalk.list(path.absolute) else {
            throw WorkspaceError("\(path.shown): no such file or directory")
        }
        let cache = cache()
        let comparison = Comparison(
            of: listing,
            with: cache?.listing ?? Listing(),
            bound: cache?.bound ?? 0
        )
        var files: [FileSource] = []
        files.reserveCapacity(comparison.found.count)
        for found in comparison.found {
            let bytes = listing.path(of: found.item, in: found.directory)
            guard let treePath = String(validating: bytes, as: UTF8.self) else {
                throw WorkspaceError(
                    "\(path.shown)/\(EscapedName.text(bytes)): the name is not UTF-8: rename it"
                )
            }
            guard listing.items[found.item].form == .file else {
                throw WorkspaceError(
                    "\(file(treePath, form)): a symbolic link or a special file, which a version "
                        + "cannot hold: replace it by a file"
                )
            }
            files.append(
                FileSource(
                    path: treePath,
                    isExecutable: listing.items[found.item].stamp.isExecutable,
                    content: .file(path: file(treePath, form))
                )
            )
        }
        return Scan(
            files: files,
            kept: cache.map { KeptFiles(version: $0.version, runs: comparison.runs) },
            form: form,
            fileCount: comparison.found.count + comparison.kept.count,
            listing: listing,
            bound: bound,
            cachedVersion: comparison.isUnchanged ? cache?.version : nil
        )
    }

    /// Remembers that the data that was scanned is this version.
    package func remember(_ scan: Scan, as version: Digest) throws {
        if scan.cachedVersion == version { return }
        try write(StatCache(version: version, bound: scan.bound, listing: scan.listing))
    }
}

/// A name that a terminal may not be able to show.
enum EscapedName {
    /// Printable ASCII as it is, other bytes as `\xNN`.
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        var text = ""
        for byte in bytes {
            if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x"
                text.unicodeScalars.append(digits[Int(byte >> 4)])
                text.unicodeScalars.append(digits[Int(byte & 15)])
            }
        }
        return text
    }
}
