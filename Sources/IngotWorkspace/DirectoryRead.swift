// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles
internal import IngotStore

/// The items of one directory, read and looked at without following links.
struct DirectoryRead: Sendable {
    private(set) var items: [Listing.Item] = []
    private(set) var names: [UInt8] = []
    /// The names that a killed checkout left.
    private(set) var leftovers: [String] = []

    private static let skippedDirectories = [Array(".git".utf8), Array(".ingot".utf8)]
    /// From this many names on, several threads look at one directory.
    private static let shareCount = 8192

    /// Reads the directory at a path that ends with a slash.
    ///
    /// - Throws: `FileError` that names the directory.
    init(_ path: [UInt8]) throws {
        let text = String(decoding: path, as: UTF8.self)
        let descriptor = unsafe (path + [0]).withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                // Safe: the path ends with a zero.
                unsafe characters.baseAddress.map {
                    unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                } ?? -1
            }
        }
        guard descriptor >= 0 else { throw FileError.last("open", text) }
        guard let stream = unsafe fdopendir(descriptor) else {
            let error = FileError.last("list", text)
            close(descriptor)
            throw error
        }
        defer { unsafe _ = closedir(stream) }
        errno = 0
        while let entry = unsafe readdir(stream) {
            unsafe append(entry)
            errno = 0
        }
        guard errno == 0 else { throw FileError.last("list", text) }
        try look(descriptor, text)
        sort()
    }

    /// A zero follows each name until all are looked at; a directory's becomes a slash.
    private mutating func append(_ entry: UnsafeMutablePointer<dirent>) {
        // Safe: the kernel ends each name with a zero within its record.
        let name = unsafe UnsafeRawPointer(entry)
            .advanced(by: MemoryLayout<dirent>.offset(of: \.d_name) ?? 19)
            .assumingMemoryBound(to: UInt8.self)
        let count = unsafe strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
        let bytes = unsafe UnsafeBufferPointer(start: name, count: count)
        if unsafe bytes.first == UInt8(ascii: "."), unsafe isSkippedDot(bytes) { return }
        unsafe items.append(
            Listing.Item(
                nameOffset: UInt32(names.count),
                nameByteCount: UInt16(count),
                form: entry.pointee.d_type == UInt8(DT_DIR) ? .directory : .file
            )
        )
        unsafe names.append(contentsOf: bytes)
        names.append(0)
    }

    private mutating func isSkippedDot(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let text = unsafe String(decoding: name, as: UTF8.self)
        guard Checkout.isTemporary(text) else { return text == "." || text == ".." }
        leftovers.append(text)
        return true
    }

    private mutating func look(_ descriptor: Int32, _ path: String) throws {
        let items = self.items
        let names = self.names
        let shareCount = (items.count + Self.shareCount - 1) / Self.shareCount
        let looked = try Parallel.map(shareCount) { share in
            let start = share * Self.shareCount
            var part = Array(items[start..<min(start + Self.shareCount, items.count)])
            try unsafe names.withUnsafeBufferPointer { names in
                for index in part.indices {
                    try unsafe Self.look(&part[index], names, descriptor, path)
                }
            }
            return part
        }
        self.items = looked.count == 1 ? looked[0] : Array(looked.joined())
        self.items.removeAll { item in
            item.form == .directory
                && Self.skippedDirectories.contains { name in
                    Int(item.nameByteCount) == name.count + 1
                        && names[Int(item.nameOffset)...].starts(with: name)
                }
        }
        for item in self.items where item.form == .directory {
            self.names[Int(item.nameOffset) + Int(item.nameByteCount) - 1] = UInt8(ascii: "/")
        }
    }

    private static func look(
        _ item: inout Listing.Item,
        _ names: UnsafeBufferPointer<UInt8>,
        _ descriptor: Int32,
        _ path: String
    ) throws {
        var status = stat()
        // Safe: the name lies in the buffer and a zero follows it.
        let result = unsafe names.withMemoryRebound(to: CChar.self) { names in
            unsafe names.baseAddress.map {
                unsafe fstatat(
                    descriptor,
                    $0.advanced(by: Int(item.nameOffset)),
                    &status,
                    AT_SYMLINK_NOFOLLOW
                )
            } ?? -1
        }
        guard result == 0 else { throw FileError.last("read what is in", path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            item.form = .file
            item.stamp = FileStamp(
                byteCount: Int64(status.st_size),
                modified: nanoseconds(status.st_mtim),
                changed: nanoseconds(status.st_ctim),
                inode: UInt64(status.st_ino),
                isExecutable: status.st_mode & S_IXUSR != 0
            )
        case S_IFDIR:
            item.form = .directory
            item.nameByteCount += 1
        default: item.form = .other
        }
    }

    static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// By bytes: eight of them at once, after those that all names share.
    private mutating func sort() {
        guard items.count > 1 else { return }
        let items = self.items
        self.items = unsafe names.withUnsafeBufferPointer { names in
            let name = { (item: Listing.Item) in
                // Safe: the name lies in the buffer.
                unsafe UnsafeBufferPointer(
                    rebasing: names[
                        Int(item.nameOffset)..<Int(item.nameOffset) + Int(item.nameByteCount)
                    ]
                )
            }
            let first = unsafe name(items[0])
            var shared = first.count
            for item in items {
                let other = unsafe name(item)
                var index = 0
                while index < min(shared, other.count), unsafe first[index] == other[index] {
                    index += 1
                }
                shared = index
            }
            var keys = items.indices.map { index in
                var key: UInt64 = 0
                let bytes = unsafe name(items[index])
                for offset in shared..<shared + 8 {
                    key = unsafe key << 8 | UInt64(offset < bytes.count ? bytes[offset] : 0)
                }
                return (key: key, index: index)
            }
            keys.sort { left, right in
                if left.key != right.key { return left.key < right.key }
                return unsafe name(items[left.index])
                    .lexicographicallyPrecedes(name(items[right.index]))
            }
            return keys.map { items[$0.index] }
        }
    }
}
