// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotTestSupport
import Testing

@testable import IngotFiles

@Suite struct PartFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var names: [String] {
        get throws { try Files.names(in: directory.path) }
    }

    @Test("what a killed writer left is used up by the next one")
    func leftOver() throws {
        try directory.write("old", to: "data.txt")
        try directory.write("half of somethi", to: ".ingot-data.txt.part")
        try Files.replace("\(directory.path)/data.txt", with: Array("new".utf8))
        #expect(try directory.text("data.txt") == "new")
        #expect(try names == ["data.txt"])
    }

    @Test("a writer that gives up leaves the file as it was, and nothing beside it")
    func givesUp() throws {
        try directory.write("old", to: "data.txt")
        do {
            let file = try PartFile(for: "\(directory.path)/data.txt")
            try Files.writeAll([1, 2, 3], to: file.descriptor, path: "data.txt")
        }
        #expect(try directory.text("data.txt") == "old")
        #expect(try names == ["data.txt"])
    }

    @Test("writers of one file take turns: it is always one of their texts, whole")
    func turns() async throws {
        let path = "\(directory.path)/data.txt"
        let texts = (0..<8).map { [UInt8](repeating: 0x30 + UInt8($0), count: 40_000 + $0) }
        try await withThrowingTaskGroup { group in
            for text in texts {
                group.addTask {
                    for _ in 0..<25 {
                        try Files.replace(path, with: text)
                        let found = try Files.read(path)
                        #expect(texts.contains(found))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try names == ["data.txt"])
    }

    @Test("a name of 255 bytes has a temporary one")
    func longName() throws {
        let name = String(repeating: "ü", count: 127) + "x"
        try Files.replace("\(directory.path)/\(name)", with: [1])
        #expect(try names == [name])
    }

    @Test("what leads to somebody's file is refused, and the file stays", arguments: [true, false])
    func links(isSymbolic: Bool) throws {
        try directory.write("theirs", to: "theirs.txt")
        let (target, link) = (
            "\(directory.path)/theirs.txt", "\(directory.path)/.ingot-data.txt.part"
        )
        let status = unsafe isSymbolic ? symlink(target, link) : Glibc.link(target, link)
        try #require(status == 0)
        #expect(throws: FileError.self) {
            try Files.replace("\(directory.path)/data.txt", with: [1])
        }
        #expect(try directory.text("theirs.txt") == "theirs")
        #expect(try Files.entry(at: "\(directory.path)/data.txt") == nil)
    }
}
