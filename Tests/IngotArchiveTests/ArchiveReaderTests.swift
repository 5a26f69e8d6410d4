// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotArchive

/// A header block made by hand, for archives that the writer refuses to write.
private func rawHeader(
    _ name: String,
    type: Character,
    size: Int = 0,
    link: String = ""
) throws -> [UInt8] {
    var block = try TarHeader(path: "x", kind: .file(byteCount: size)).bytes
    block.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    block[156] = type.asciiValue ?? 0
    block.replaceSubrange(157..<157 + link.utf8.count, with: link.utf8)
    block.replaceSubrange(148..<156, with: repeatElement(0x20, count: 8))
    let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    let digits = String(repeating: "0", count: 6 - sum.utf8.count) + sum
    block.replaceSubrange(148..<156, with: Array(digits.utf8) + [0, 0x20])
    return block
}

private let end = [UInt8](repeating: 0, count: 1024)

/// Every path of an archive with its content.
private func contents(
    _ bytes: [UInt8],
    limits: ArchiveLimits = ArchiveLimits()
) throws -> [(String, [UInt8])] {
    let reader = try ArchiveReader(bytes: bytes, name: "test.tar", limits: limits)
    var result: [(String, [UInt8])] = []
    while let entry = try reader.next() {
        result.append((entry.path, try reader.readContent(limit: 1 << 20)))
    }
    return result
}

@Suite struct ArchiveReaderTests {
    @Test("reads back what the writer wrote, long and non-ASCII names included")
    func roundTrip() throws {
        let long = "models/" + String(repeating: "weights/", count: 40) + "modèle.safetensors"
        let bytes = try tar {
            try $0.addDirectory(path: "models")
            try $0.add(path: long, bytes: [1, 2, 3])
            try $0.add(path: "run", bytes: [], isExecutable: true)
        }
        let read = try contents(bytes)
        #expect(read.map(\.0) == ["models", long, "run"])
        #expect(read[1].1 == [1, 2, 3])
    }

    @Test("entries can be skipped without reading them")
    func skipping() throws {
        let bytes = try tar {
            try $0.add(path: "a", bytes: [UInt8](repeating: 1, count: 5000))
            try $0.add(path: "b", bytes: [2])
        }
        let reader = try ArchiveReader(bytes: bytes, name: "test.tar")
        #expect(try reader.next()?.path == "a")
        #expect(try reader.next()?.path == "b")
        #expect(try reader.readContent(limit: 1) == [2])
        #expect(try reader.next() == nil)
    }

    @Test(
        "refuses links, devices and names that leave the archive",
        arguments: [
            ("/etc/passwd", Character("0"), ""), ("../up", "0", ""), ("a/../../up", "0", ""),
            ("link", "2", "/etc"), ("hard", "1", "a"), ("device", "3", ""), ("pipe", "6", ""),
        ]
    )
    func hostileEntries(name: String, type: Character, link: String) throws {
        let bytes = try rawHeader(name, type: type, link: link) + end
        #expect(throws: ArchiveError.self) { try contents(bytes) }
    }

    @Test("refuses an entry that occurs twice, however it is spelled")
    func duplicates() throws {
        let bytes = try rawHeader("a", type: "0") + rawHeader("./a", type: "0") + end
        #expect(throws: ArchiveError("test.tar: the entry 'a' occurs twice")) {
            try contents(bytes)
        }
    }

    @Test("refuses a file that the archive cuts short")
    func truncated() throws {
        let bytes = try rawHeader("a", type: "0", size: 4096) + [UInt8](repeating: 1, count: 512)
        #expect(throws: ArchiveError.self) { try contents(bytes) }
    }

    @Test("refuses bytes that are no archive", arguments: [[UInt8](repeating: 0x41, count: 4096)])
    func garbage(bytes: [UInt8]) {
        #expect(throws: ArchiveError.self) { try contents(bytes) }
    }

    @Test("a header that claims more than the limit stops the reading before its content")
    func byteLimit() throws {
        let bytes = try rawHeader("bomb", type: "0", size: 4 << 30) + end
        let reader = try ArchiveReader(
            bytes: bytes,
            name: "bomb.tar",
            limits: ArchiveLimits(byteCount: 1 << 20)
        )
        #expect(throws: ArchiveError.self) { try reader.next() }
    }

    @Test("the limit of entries is exact", arguments: [(2, true), (1, false)])
    func entryLimit(limit: Int, isAccepted: Bool) throws {
        let bytes = try tar {
            try $0.add(path: "a", bytes: [])
            try $0.add(path: "b", bytes: [])
        }
        let limits = ArchiveLimits(entryCount: limit)
        #expect((try? contents(bytes, limits: limits).count == 2) == (isAccepted ? true : nil))
    }

    @Test("a content of more than the caller allows is refused")
    func contentLimit() throws {
        let bytes = try tar { try $0.add(path: "a", bytes: [1, 2]) }
        let reader = try ArchiveReader(bytes: bytes, name: "test.tar")
        _ = try reader.next()
        #expect(throws: ArchiveError.self) { try reader.readContent(limit: 1) }
    }
}
