// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotArchive

/// Writes a tar into memory.
func tar(_ build: (TarWriter) throws -> Void) throws -> [UInt8] {
    let output = Output()
    let writer = TarWriter { piece in
        for index in piece.indices { output.bytes.append(piece[index]) }
    }
    try build(writer)
    try writer.finish()
    return output.bytes
}

private final class Output { var bytes: [UInt8] = [] }

@Suite struct TarWriterTests {
    @Test("a small file is one header, its padded content and two zero blocks, byte for byte")
    func exactBytes() throws {
        let bytes = try tar { try $0.add(path: "a.txt", bytes: Array("hello\n".utf8)) }
        var expected = [UInt8](repeating: 0, count: 4 * 512)
        func put(_ text: String, at offset: Int) {
            expected.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put("a.txt", at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put("00000000006", at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put("0000000", at: 329)
        put("0000000", at: 337)
        let sum = String(expected[..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\0 ", at: 148)
        put("hello\n", at: 512)
        #expect(bytes == expected)
    }

    @Test("content that fills its blocks gets no padding")
    func fullBlocks() throws {
        let bytes = try tar { try $0.add(path: "b", bytes: [UInt8](repeating: 7, count: 1024)) }
        #expect(bytes.count == 512 + 1024 + 1024)
    }

    @Test("a directory has type 5, mode 0755, a final slash and no content")
    func directory() throws {
        let bytes = try TarHeader(path: "models/base", kind: .directory).bytes
        #expect(bytes[156] == UInt8(ascii: "5"))
        #expect(String(decoding: bytes[..<12], as: UTF8.self) == "models/base/")
        #expect(String(decoding: bytes[100..<107], as: UTF8.self) == "0000755")
    }

    @Test(
        "a path of up to 100 bytes is the name; up to 256 is split; else a pax record carries it",
        arguments: [
            (String(repeating: "n", count: 100), 1),
            (String(repeating: "n", count: 101), 3),
            (String(repeating: "p", count: 155) + "/" + String(repeating: "n", count: 100), 1),
            (String(repeating: "p", count: 156) + "/" + String(repeating: "n", count: 100), 3),
            (String(repeating: "p", count: 155) + "/" + String(repeating: "n", count: 101), 3),
            ("modèle.bin", 3),
        ]
    )
    func longPaths(path: String, blocks: Int) throws {
        let bytes = try TarHeader(path: path, kind: .file(byteCount: 1)).bytes
        #expect(bytes.count == blocks * 512)
        #expect(bytes[156] == (blocks == 1 ? UInt8(ascii: "0") : UInt8(ascii: "x")))
    }

    @Test("a pax record counts its own length")
    func paxRecord() throws {
        let bytes = try TarHeader(path: "é", kind: .file(byteCount: 1)).bytes
        #expect(String(decoding: bytes[512..<524], as: UTF8.self) == "11 path=é\n\0")
    }

    @Test("a file of 8 GiB has its size in a pax record, one byte less has not")
    func largeFiles() throws {
        let largest = try TarHeader(path: "a", kind: .file(byteCount: (8 << 30) - 1)).bytes
        #expect(largest.count == 512)
        #expect(String(decoding: largest[124..<135], as: UTF8.self) == "77777777777")
        let larger = try TarHeader(path: "a", kind: .file(byteCount: 8 << 30)).bytes
        #expect(String(decoding: larger[512..<532], as: UTF8.self) == "19 size=8589934592\n\0")
        #expect(String(decoding: larger[1024 + 124..<1024 + 135], as: UTF8.self) == "00000000000")
    }

    @Test(
        "refuses paths that could leave the archive or that readers see differently",
        arguments: ["", "/etc/passwd", "a//b", "a/", "./a", "a/../b", "..", "a\0b"]
    )
    func badPaths(path: String) {
        #expect(throws: ArchiveError.self) { try TarHeader(path: path, kind: .directory) }
    }

    @Test("refuses a path that occurs twice")
    func duplicates() {
        #expect(throws: ArchiveError("archive entry 'a' occurs twice")) {
            try tar {
                try $0.add(path: "a", bytes: [])
                try $0.addDirectory(path: "a")
            }
        }
    }

    @Test("refuses content of another size than announced", arguments: [4, 6])
    func wrongSize(count: Int) {
        #expect(throws: ArchiveError.self) {
            try tar {
                try $0.begin(TarHeader(path: "a", kind: .file(byteCount: 5)))
                try $0.write([UInt8](repeating: 1, count: count).span)
            }
        }
    }
}
