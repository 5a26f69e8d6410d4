// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct PackTests {
    /// A pack of three chunks, one of them compressed.
    private func pack() -> (bytes: [UInt8], directory: PackDirectory) {
        var directory = PackDirectory()
        var payload: [UInt8] = []
        let codec = ChunkCodec()
        for chunk in [
            [1, 2, 3], [UInt8](repeating: 7, count: 5000), SeededBytes.bytes(100, seed: 1),
        ] {
            let frame = unsafe chunk.withUnsafeBytes { unsafe codec.compress($0) }
            let stored = frame ?? chunk
            directory.append(
                Digest.of(chunk),
                storedByteCount: stored.count,
                byteCount: chunk.count,
                encoding: frame == nil ? .plain : .zstd
            )
            payload += stored
        }
        return (payload + directory.bytes, directory)
    }

    private func parse(_ bytes: [UInt8]) throws -> PackDirectory? {
        try PackDirectory(packByteCount: bytes.count) { count, offset in
            offset >= 0 && offset + count <= bytes.count
                ? Array(bytes[offset..<offset + count]) : nil
        }
    }

    @Test("the directory at the end says where each chunk lies")
    func roundTrip() throws {
        let (bytes, directory) = pack()
        #expect(try parse(bytes) == directory)
        #expect(directory.entries.map(\.encoding) == [.plain, .zstd, .plain])
        #expect(directory.packByteCount == bytes.count)
        #expect(bytes.suffix(8).elementsEqual("INGOTPCK".utf8))
    }

    @Test("bytes without the magic at their end are no pack")
    func notAPack() throws {
        #expect(try parse([]) == nil)
        #expect(try parse(Array(repeating: 0, count: 47)) == nil)
        #expect(try parse(Array(pack().bytes.dropLast())) == nil)
    }

    @Test("each damaged byte of the directory is found")
    func damagedDirectory() throws {
        let (bytes, directory) = pack()
        let start = directory.payloadByteCount
        // All but the magic, without which it is no pack.
        for place in start..<bytes.count - 8 {
            var damaged = bytes
            damaged[place] ^= 0x10
            #expect(throws: StoreError.self, "byte \(place)") { try parse(damaged) }
        }
    }

    enum Attack: CaseIterable {
        case hugeCount, gap, overlap, unknownEncoding, hugeChunk, growingChunk, plainOfOtherSize
    }

    @Test(
        "a directory with a right checksum and wrong content is refused",
        arguments: Attack.allCases
    )
    func attack(_ attack: Attack) throws {
        let (bytes, directory) = pack()
        let start = directory.payloadByteCount
        var table = Array(bytes[start..<start + 3 * 48])
        var count: UInt8 = 3
        switch attack {
        case .hugeCount: count = 200
        case .gap: table[48 + 32] += 1
        case .overlap: table[48 + 32] -= 1
        case .unknownEncoding: table[44] = 2
        case .hugeChunk: table[48 + 32 + 11] = 0x7F
        case .growingChunk: table[48 + 32 + 8] = 1; table[48 + 32 + 9] = 0
        case .plainOfOtherSize: table[40] += 1
        }
        let trailer =
            Digest.of(table).bytes + [count, 0, 0, 0, 1, 0, 0, 0] + Array("INGOTPCK".utf8)
        #expect(throws: StoreError.self) {
            try parse(Array(bytes[..<start]) + table + trailer)
        }
    }

    @Test("a chunk is compressed only where that saves a tenth")
    func codec() throws {
        let codec = ChunkCodec()
        let random = SeededBytes.bytes(50_000, seed: 2)
        #expect(unsafe random.withUnsafeBytes { unsafe codec.compress($0) } == nil)
        let text = Array(String(repeating: "section: libs\n", count: 900).utf8)
        let frame = try #require(unsafe text.withUnsafeBytes { unsafe codec.compress($0) })
        #expect(frame.count < text.count / 10)
        #expect(codec.decompress(frame, byteCount: text.count) == text)
        #expect(codec.decompress(frame, byteCount: text.count - 1) == nil)
        #expect(codec.decompress(frame, byteCount: text.count + 1) == nil)
        #expect(codec.decompress(Array(frame.dropLast()), byteCount: text.count) == nil)
        #expect(codec.decompress(frame, byteCount: 2 << 20) == nil)
        #expect(unsafe [UInt8]().withUnsafeBytes { unsafe codec.compress($0) } == nil)
    }

    @Test("a pack that is full is followed by another")
    func severalPacks() throws {
        let test = try TestStore()
        let bytes = SeededBytes.bytes(66 << 20, seed: 11)
        let version = try test.add([.bytes("large", bytes)])
        let packs = try test.store.index.packs()
        #expect(packs.count == 2)
        for pack in packs {
            #expect(try test.store.blobs.byteCount(of: pack) <= PackDirectory.packByteLimit)
        }
        let entry = try #require(try test.store.readTree(of: version.manifestDigest).first)
        #expect(try test.store.readFile(entry) == bytes)
    }
}
