// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotWorkspace

@Suite("DataPath")
struct DataPathTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func path(_ text: String) throws -> DataPath {
        try DataPath(text, workingDirectory: directory.path)
    }

    private func pointer() throws -> Pointer {
        Pointer(
            repository: try RepositoryName(parsing: "rows"),
            tag: .version(1),
            digest: Digest(bytes: [UInt8](repeating: 7, count: 32)),
            byteCount: 1,
            fileCount: 1
        )
    }

    @Test(
        "means the same however it is written",
        arguments: ["a/data", "a/data/", "./a//data", "a/../a/data", "a/data.ingot"]
    )
    func spellings(text: String) throws {
        let path = try path(text)
        #expect(path.absolute == "\(directory.path)/a/data")
        #expect(path.shown == "a/data")
        #expect(path.shownPointer == "a/data.ingot")
        #expect(path.parent == "\(directory.path)/a")
        #expect(path.name == "data")
    }

    @Test("needs a directory for the pointer", arguments: [".", "a/..", "/"])
    func noName(text: String) {
        #expect(throws: WorkspaceError.self) { try path(text) }
    }

    @Test("writes the pointer, and ignores the data in a work tree, once")
    func record() throws {
        try directory.write("", to: "a/data")
        #expect(try path("a/data").record(pointer()) == ["a/data.ingot"])
        try Files.makeDirectories("\(directory.path)/.git")
        #expect(try path("a/data").record(pointer()) == ["a/.gitignore"])
        #expect(try path("a/data").record(pointer()) == [])
        #expect(try directory.text("a/.gitignore") == "/data\n")
        #expect(try path("a/data").readPointer() == pointer())
    }

    @Test(
        "keeps the line ends of .gitignore, and ends its last line",
        arguments: [
            ("*.o\r\n", "*.o\r\n/data\r\n"), ("*.o", "*.o\n/data\n"), ("", "/data\n"),
            ("/data/\r\nx", "/data/\r\nx"), ("/data", "/data"),
        ]
    )
    func lineEnds(before: String, after: String) throws {
        try directory.write(before, to: ".gitignore")
        try IgnoreFile.add("data", in: directory.path)
        #expect(try directory.text(".gitignore") == after)
    }

    @Test(
        "escapes what means more than itself in .gitignore",
        arguments: [("a*b[c]?", "/a\\*b\\[c]\\?"), ("end ", "/end\\ "), ("#!", "/#!")]
    )
    func escapes(name: String, line: String) throws {
        try IgnoreFile.add(name, in: directory.path)
        #expect(try directory.text(".gitignore") == "\(line)\n")
    }
}
