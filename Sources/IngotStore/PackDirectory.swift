// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto

/// The directory at the end of a pack.
///
/// Integers are little-endian.
///
/// A pack is the stored bytes of its chunks, one after the other, then the directory:
///
///     offset  size
///     0       48 n   n entries, in the order of the chunks:
///                    chunk digest 32 · offset u32 · stored size u32 · size u32 · encoding u32
///     48 n    32     SHA-256 of the entries
///     48 n+32  4     n
///     48 n+36  4     version, 1
///     48 n+40  8     `INGOTPCK`
///
/// The chunks lie without gaps from the pack's first byte to the directory, so that the sizes prove
/// the offsets.
package struct PackDirectory: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let chunk: Digest
        package let offset: Int
        package let storedByteCount: Int
        package let byteCount: Int
        package let encoding: ChunkEncoding

        package func location(in pack: Digest) -> ChunkLocation {
            ChunkLocation(
                pack: pack,
                offset: offset,
                storedByteCount: storedByteCount,
                byteCount: byteCount,
                encoding: encoding
            )
        }
    }

    package private(set) var entries: [Entry] = []

    static let magic = Array("INGOTPCK".utf8)
    static let version: UInt32 = 1
    static let entryByteCount = 48
    package static let trailerByteCount = 48
    /// 64 MiB, directory included: what a Xet client and most registries take in one piece.
    package static let packByteLimit = 64 << 20

    /// The bytes of the chunks so far.
    private(set) var payloadByteCount = 0

    /// The size of a pack of these chunks.
    var packByteCount: Int {
        payloadByteCount + entries.count * Self.entryByteCount + Self.trailerByteCount
    }

    func hasRoom(for storedByteCount: Int) -> Bool {
        packByteCount + storedByteCount + Self.entryByteCount <= Self.packByteLimit
    }

    mutating func append(
        _ chunk: Digest,
        storedByteCount: Int,
        byteCount: Int,
        encoding: ChunkEncoding
    ) {
        entries.append(
            Entry(
                chunk: chunk,
                offset: payloadByteCount,
                storedByteCount: storedByteCount,
                byteCount: byteCount,
                encoding: encoding
            )
        )
        payloadByteCount += storedByteCount
    }

    var bytes: [UInt8] {
        var output = ByteWriter()
        for entry in entries {
            output.bytes += entry.chunk.bytes
            output.write(UInt32(entry.offset))
            output.write(UInt32(entry.storedByteCount))
            output.write(UInt32(entry.byteCount))
            output.write(UInt32(entry.encoding.rawValue))
        }
        output.bytes += Digest.of(output.bytes).bytes
        output.write(UInt32(entries.count))
        output.write(Self.version)
        output.bytes += Self.magic
        return output.bytes
    }

    /// Chunks that a thread checks before it asks for more.
    private static let checkedTogether = 32

    init() {}

    /// Parses the end of a pack; nil when it does not end like one.
    ///
    /// - Throws: `StoreError` when it ends like a pack but is not whole.
    package init?(packByteCount: Int, read: (_ count: Int, _ offset: Int) throws -> [UInt8]?) throws
    {
        let trailerOffset = packByteCount - Self.trailerByteCount
        guard trailerOffset >= 0, let trailer = try read(Self.trailerByteCount, trailerOffset),
            trailer.suffix(8).elementsEqual(Self.magic)
        else { return nil }
        var reader = ByteReader(trailer)
        let checksum = Digest(bytes: try reader.take(Digest.byteCount))
        let count = Int(try reader.uint32())
        let version = try reader.uint32()
        guard version == Self.version else {
            throw StoreError("pack directory: version \(version) is newer than this program")
        }
        // No overflow: a count has 32 bits.
        let directoryOffset = trailerOffset - count * Self.entryByteCount
        guard packByteCount <= Self.packByteLimit, directoryOffset >= 0,
            let table = try read(count * Self.entryByteCount, directoryOffset)
        else { throw StoreError("pack directory: its \(count) entries do not fit into the pack") }
        guard Digest.of(table) == checksum else {
            throw StoreError("pack directory: its entries have another digest")
        }
        try parse(table, count: count)
        guard payloadByteCount == directoryOffset else {
            throw StoreError("pack directory: the chunks do not reach up to the directory")
        }
    }

    /// The same, with each of the pack's chunks read and checked, on several threads.
    init?(
        checking packByteCount: Int,
        read: @escaping @Sendable (_ count: Int, _ offset: Int) throws -> [UInt8]?
    ) throws {
        try self.init(packByteCount: packByteCount, read: read)
        let codec = ChunkCodec()
        let step = Self.checkedTogether
        _ = try Parallel.map((entries.count + step - 1) / step) { [entries] index in
            for entry in entries[index * step..<min((index + 1) * step, entries.count)] {
                let content = try read(entry.storedByteCount, entry.offset).flatMap {
                    codec.content(
                        of: entry.chunk,
                        stored: $0,
                        encoding: entry.encoding,
                        byteCount: entry.byteCount
                    )
                }
                guard content != nil else {
                    throw StoreError("pack: chunk \(entry.chunk) in it is not what it says")
                }
            }
        }
    }

    private mutating func parse(_ table: [UInt8], count: Int) throws {
        var reader = ByteReader(table)
        for index in 0..<count {
            let chunk = Digest(bytes: try reader.take(Digest.byteCount))
            let offset = Int(try reader.uint32())
            let storedByteCount = Int(try reader.uint32())
            let byteCount = Int(try reader.uint32())
            let code = try reader.uint32()
            guard let encoding = UInt8(exactly: code).flatMap(ChunkEncoding.init) else {
                throw StoreError("pack directory: entry \(index) has the unknown encoding \(code)")
            }
            guard offset == payloadByteCount, byteCount <= ChunkCodec.chunkByteLimit,
                storedByteCount <= byteCount, encoding == .zstd || storedByteCount == byteCount
            else { throw StoreError("pack directory: entry \(index) has impossible sizes") }
            append(
                chunk,
                storedByteCount: storedByteCount,
                byteCount: byteCount,
                encoding: encoding
            )
        }
    }
}
