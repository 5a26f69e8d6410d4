// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotCrypto
internal import IngotFiles

/// The stamps of a working copy's files when they were last known to be those of a version.
///
/// A file in the store's `workspace/`, little-endian, written last and by rename:
///
///     8   `INGOTWC` and the version 1
///     32  digest of the manifest
///     8   bound: a stamp proves its file only when it is older (nanoseconds since 1970)
///     4   directories · 4 items · 4 bytes of names
///     12  a directory: first item · its parent's index + 1 · its item in the parent + 1
///     44  an item: name offset 4 · name size 2 · form 1 · executable 1 · directory 4 · size 8 ·
///         modified 8 · changed 8 · inode 8
///         the names
///     32  SHA-256 of all before
///
/// It is only ever a hint: a file that is missing, damaged or from another program is as if there
/// were none, and its files are read instead.
struct StatCache {
    var version: Digest
    var bound: Int64
    var listing: Listing

    private static let magic = Array("INGOTWC".utf8) + [1]
    private static let headerByteCount = 60
    private static let directoryByteCount = 12
    private static let itemByteCount = 44

    /// The kernel's clock for files, which moves in ticks.
    static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return DirectoryRead.nanoseconds(time)
    }

    /// Nil when there is none to be trusted.
    static func read(_ path: String) -> StatCache? {
        guard let file = try? MappedFile(path: path) else { return nil }
        return unsafe file.withBytes { unsafe parse($0) }
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> StatCache? {
        let end = bytes.count - Digest.byteCount
        guard end >= headerByteCount, unsafe bytes.prefix(8).elementsEqual(magic) else {
            return nil
        }
        let content = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard unsafe Digest.of(content) == Digest(bytes: bytes[end...]) else { return nil }
        let reader = unsafe CacheReader(bytes: content)
        let counts = [48, 52, 56].map { Int(reader.uint32($0)) }
        let (directoryCount, itemCount, nameByteCount) = (counts[0], counts[1], counts[2])
        let itemStart = headerByteCount + directoryCount * directoryByteCount
        let nameStart = itemStart + itemCount * itemByteCount
        guard nameStart + nameByteCount == end, directoryCount > 0 else { return nil }

        var listing = Listing()
        listing.names = unsafe Array(content[nameStart...])
        listing.items.reserveCapacity(itemCount)
        for index in 0..<itemCount {
            guard let item = reader.item(itemStart + index * itemByteCount),
                Int(item.nameOffset) + Int(item.nameByteCount) <= nameByteCount,
                item.form != .directory || Int(item.directory) < directoryCount
            else { return nil }
            listing.items.append(item)
        }
        for index in 0..<directoryCount {
            let place = headerByteCount + index * directoryByteCount
            let first = Int(reader.uint32(place))
            let next =
                index + 1 < directoryCount
                ? Int(reader.uint32(place + directoryByteCount)) : itemCount
            let parent = Int(reader.uint32(place + 4)) - 1
            let parentItem = Int(reader.uint32(place + 8)) - 1
            // A directory comes after the one above it, so that no walk goes in a circle.
            guard first <= next, next <= itemCount, parent < index, parentItem < itemCount,
                (parent < 0) == (index == 0), (parentItem < 0) == (index == 0)
            else { return nil }
            for item in first..<next where listing.items[item].form == .directory {
                guard Int(listing.items[item].directory) > index else { return nil }
            }
            listing.directories.append(
                Listing.Directory(items: first..<next, parent: parent, parentItem: parentItem)
            )
        }
        return StatCache(
            version: unsafe Digest(bytes: content[8..<40]),
            bound: Int64(bitPattern: reader.uint64(40)),
            listing: listing
        )
    }

    func write(to path: String) throws {
        let byteCount =
            Self.headerByteCount + listing.directories.count * Self.directoryByteCount
            + listing.items.count * Self.itemByteCount + listing.names.count
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount + Digest.byteCount) {
            buffer,
            count in
            var writer = unsafe CacheWriter(
                bytes: UnsafeMutableRawBufferPointer(buffer)
            )
            writer.write(Self.magic)
            writer.write(version.bytes)
            writer.write(UInt64(bitPattern: bound))
            writer.write(UInt32(listing.directories.count))
            writer.write(UInt32(listing.items.count))
            writer.write(UInt32(listing.names.count))
            for directory in listing.directories {
                writer.write(UInt32(directory.items.lowerBound))
                writer.write(UInt32(directory.parent + 1))
                writer.write(UInt32(directory.parentItem + 1))
            }
            for item in listing.items { writer.write(item) }
            writer.write(listing.names)
            // Safe: all of these bytes are written.
            let content = unsafe UnsafeRawBufferPointer(
                rebasing: UnsafeRawBufferPointer(buffer)[..<byteCount]
            )
            let digest = unsafe Digest.of(content)
            writer.write(digest.bytes)
            count = writer.count
        }
        try Files.replace(path, with: bytes)
    }
}

/// Reads integers at places that the caller has checked.
@safe private struct CacheReader {
    let bytes: UnsafeRawBufferPointer

    init(bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    private func load<Value: FixedWidthInteger>(_ place: Int, as type: Value.Type) -> Value {
        unsafe precondition(place >= 0 && place + MemoryLayout<Value>.size <= bytes.count)
        // Safe: the place was checked.
        return unsafe Value(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: type))
    }

    func uint32(_ place: Int) -> UInt32 { load(place, as: UInt32.self) }

    func uint64(_ place: Int) -> UInt64 { load(place, as: UInt64.self) }

    func item(_ place: Int) -> Listing.Item? {
        guard let form = Listing.Form(rawValue: load(place + 6, as: UInt8.self)) else { return nil }
        return Listing.Item(
            nameOffset: uint32(place),
            nameByteCount: load(place + 4, as: UInt16.self),
            form: form,
            directory: uint32(place + 8),
            stamp: FileStamp(
                byteCount: Int64(bitPattern: uint64(place + 12)),
                modified: Int64(bitPattern: uint64(place + 20)),
                changed: Int64(bitPattern: uint64(place + 28)),
                inode: uint64(place + 36),
                isExecutable: load(place + 7, as: UInt8.self) == 1
            )
        )
    }
}

/// Writes integers one after the other into room that the caller has counted.
@safe private struct CacheWriter {
    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(bytes: UnsafeMutableRawBufferPointer) { unsafe self.bytes = bytes }

    mutating func write(_ value: some FixedWidthInteger) {
        let size = value.bitWidth / 8
        unsafe precondition(count + size <= bytes.count)
        // Safe: there is room.
        unsafe bytes.storeBytes(of: value.littleEndian, toByteOffset: count, as: type(of: value))
        count += size
    }

    mutating func write(_ values: [UInt8]) {
        unsafe precondition(count + values.count <= bytes.count)
        // Safe: there is room.
        unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyBytes(from: values)
        count += values.count
    }

    mutating func write(_ item: Listing.Item) {
        write(item.nameOffset)
        write(item.nameByteCount)
        write(item.form.rawValue)
        write(UInt8(item.stamp.isExecutable ? 1 : 0))
        write(item.directory)
        write(item.stamp.byteCount)
        write(item.stamp.modified)
        write(item.stamp.changed)
        write(item.stamp.inode)
    }
}
