// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotStore

/// What tells, without reading it, that a file is the one that was seen before.
struct FileStamp: Sendable, Equatable {
    var byteCount: Int64 = 0
    /// Nanoseconds since 1970: of the content, and of the content or the mode.
    var modified: Int64 = 0
    var changed: Int64 = 0
    /// 0 for a file that was never seen: no file has that number.
    var inode: UInt64 = 0
    var isExecutable = false

    /// Whether the stamp says that the content is the same: it is one, and it is older than
    /// `bound`, so that a later change within the same tick of the clock would show.
    func proves(_ other: FileStamp, before bound: Int64) -> Bool {
        inode != 0 && self == other && modified < bound && changed < bound
    }
}

/// The names below a directory, in the order of trees: as bytes in one place, so that a million of
/// them are a few arrays.
struct Listing: Sendable, Equatable {
    enum Form: UInt8, Sendable {
        case file, directory
        /// A link or a special file, which no version can hold.
        case other
    }

    struct Item: Sendable, Equatable {
        /// Where its name begins in `names`; that of a directory ends with a slash.
        var nameOffset: UInt32
        var nameByteCount: UInt16
        var form: Form
        /// The index of a directory.
        var directory: UInt32 = 0
        var stamp = FileStamp()
    }

    struct Directory: Sendable, Equatable {
        var items: Range<Int>
        /// The directory above and the item there; -1 for the top.
        var parent: Int
        var parentItem: Int
    }

    /// The top first; each after the one above it.
    var directories: [Directory] = []
    /// Absolute paths of what a killed checkout left: never part of the data.
    var leftovers: [String] = []
    /// Those of a directory lie together, by their names' bytes.
    var items: [Item] = []
    var names: [UInt8] = []

    func name(of item: Item) -> ArraySlice<UInt8> {
        let start = Int(item.nameOffset)
        return names[start..<start + Int(item.nameByteCount)]
    }

    /// The path below the top.
    func path(of item: Int, in directory: Int) -> [UInt8] {
        var parts = [name(of: items[item])]
        var current = directory
        while directories[current].parent >= 0 {
            parts.append(name(of: items[directories[current].parentItem]))
            current = directories[current].parent
        }
        return Array(parts.reversed().joined())
    }

    /// All but directories.
    var fileCount: Int { items.reduce(0) { $0 + ($1.form == .directory ? 0 : 1) } }
}

/// Makes a listing from paths that come in the order of trees.
struct ListingBuilder {
    private var directories: [(items: [Listing.Item], parent: Int, parentItem: Int)] = [
        ([], -1, -1)
    ]
    private var names: [UInt8] = []
    /// The directories that the last path lies in, with their names.
    private var open: [(index: Int, name: [UInt8])] = [(0, [])]

    mutating func append(_ path: String) throws {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        var depth = 0
        while depth + 1 < parts.count, depth + 1 < open.count,
            open[depth + 1].name.elementsEqual(parts[depth])
        {
            depth += 1
        }
        open.removeSubrange((depth + 1)...)
        for part in parts.dropLast().dropFirst(depth) {
            let parent = open[open.count - 1].index
            try append(Array(part) + [UInt8(ascii: "/")], .directory, to: parent)
            open.append((directories.count, Array(part)))
            directories.append(([], parent, directories[parent].items.count - 1))
        }
        try append(parts.last.map { Array($0) } ?? [], .file, to: open[open.count - 1].index)
    }

    private mutating func append(
        _ name: [UInt8],
        _ form: Listing.Form,
        to directory: Int
    ) throws {
        guard let offset = UInt32(exactly: names.count) else {
            throw WorkspaceError("more than 4 GiB of names: split the data into several versions")
        }
        directories[directory].items.append(
            Listing.Item(
                nameOffset: offset,
                nameByteCount: UInt16(name.count),
                form: form,
                directory: form == .directory ? UInt32(directories.count) : 0
            )
        )
        names += name
    }

    func finish() -> Listing {
        var listing = Listing()
        listing.names = names
        for directory in directories {
            let start = listing.items.count
            listing.items += directory.items
            listing.directories.append(
                Listing.Directory(
                    items: start..<listing.items.count,
                    parent: directory.parent,
                    parentItem: directory.parent < 0
                        ? -1
                        : listing.directories[directory.parent].items.lowerBound
                            + directory.parentItem
                )
            )
        }
        return listing
    }
}

extension Listing {
    /// The files of a version, none of them ever seen.
    init(of version: Digest, in store: Store) throws {
        var builder = ListingBuilder()
        try store.forEachTreeFile(of: version) { try builder.append($0.path) }
        self = builder.finish()
    }
}
