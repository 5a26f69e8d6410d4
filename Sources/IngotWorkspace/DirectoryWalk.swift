// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles
internal import IngotStore

/// Lists all that lies below a directory, on several threads, level by level.
enum DirectoryWalk {
    /// The data at an absolute path: a directory, or a file, which is listed under its own name.
    ///
    /// Nil when nothing is there.
    static func list(_ path: String) throws -> (listing: Listing, form: Pointer.Form)? {
        switch try Files.entry(at: path) {
        case nil: return nil
        case .directory: return (try directory(path), .directory)
        default: return (try file(path), .file)
        }
    }

    private static func file(_ path: String) throws -> Listing {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw FileError.last("read", path) }
        var builder = ListingBuilder()
        try builder.append(path.split(separator: "/").last.map(String.init) ?? path)
        var listing = builder.finish()
        guard status.st_mode & S_IFMT == S_IFREG else {
            listing.items[0].form = .other
            return listing
        }
        listing.items[0].stamp = FileStamp(
            byteCount: Int64(status.st_size),
            modified: DirectoryRead.nanoseconds(status.st_mtim),
            changed: DirectoryRead.nanoseconds(status.st_ctim),
            inode: UInt64(status.st_ino),
            isExecutable: status.st_mode & S_IXUSR != 0
        )
        return listing
    }

    private struct Pending: Sendable {
        let path: [UInt8]
        let parent: Int
        let parentItem: Int
    }

    private static func directory(_ path: String) throws -> Listing {
        var listing = Listing()
        var level = [Pending(path: Array("\(path)/".utf8), parent: -1, parentItem: -1)]
        while !level.isEmpty {
            let current = level
            let reads = try Parallel.map(current.count) { try DirectoryRead(current[$0].path) }
            level = []
            let firstNew = listing.directories.count + reads.count
            for (pending, read) in zip(current, reads) {
                let index = listing.directories.count
                guard let shift = UInt32(exactly: listing.names.count + read.names.count) else {
                    throw WorkspaceError("\(path): more than 4 GiB of names: split the data")
                }
                let start = listing.items.count
                listing.names += read.names
                if !read.leftovers.isEmpty {
                    let directory = String(decoding: pending.path, as: UTF8.self)
                    listing.leftovers += read.leftovers.map { directory + $0 }
                }
                for var item in read.items {
                    if item.form == .directory {
                        item.directory = UInt32(firstNew + level.count)
                        let name = read.names[
                            Int(item.nameOffset)..<Int(item.nameOffset)
                                + Int(item.nameByteCount)
                        ]
                        level.append(
                            Pending(
                                path: pending.path + name,
                                parent: index,
                                parentItem: listing.items.count
                            )
                        )
                    }
                    item.nameOffset += shift - UInt32(read.names.count)
                    listing.items.append(item)
                }
                listing.directories.append(
                    Listing.Directory(
                        items: start..<listing.items.count,
                        parent: pending.parent,
                        parentItem: pending.parentItem
                    )
                )
            }
        }
        return listing
    }
}
