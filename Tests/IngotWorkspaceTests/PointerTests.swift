// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import Testing

@testable import IngotWorkspace

@Suite("Pointer")
struct PointerTests {
    private static let digest =
        "sha256:9f2c6d1e4b8a7c35d0e1f29384756a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5"

    private func pointer(repository: String = "rows", tag: String = "v3") throws -> Pointer {
        Pointer(
            repository: try RepositoryName(parsing: repository),
            tag: try Tag(parsing: tag),
            digest: try Digest(parsing: Self.digest),
            byteCount: 42,
            fileCount: 1
        )
    }

    @Test("has these very bytes")
    func bytes() throws {
        let lines = try pointer().text.split(separator: "\n")
        #expect(lines[0].hasPrefix("# ") && lines[0].contains("ingot pull"))
        #expect(
            lines.dropFirst() == [
                "repository: rows", "tag: v3", "digest: \(Self.digest)", "size: 42", "files: 1",
            ]
        )
    }

    @Test(
        "is read back as it was written, whatever the names look like in YAML",
        arguments: [
            ("rows", "v3"), ("2024", "1.0"), ("null", "true"), ("no", "Yes"), ("0x1f", "_"),
            ("a/b.c--d", "1e5"), ("1/2", "0"),
        ]
    )
    func roundTrip(repository: String, tag: String) throws {
        let pointer = try pointer(repository: repository, tag: tag)
        #expect(try Pointer(parsing: Array(pointer.text.utf8)) == pointer)
    }

    @Test("refuses an unknown key and names the nearest")
    func unknownKey() throws {
        let text = try pointer().text + "fils: 2\n"
        #expect {
            try Pointer(parsing: Array(text.utf8))
        } throws: {
            "\($0)".contains("did you mean 'files'?")
        }
    }

    @Test("is limited in size")
    func limit() throws {
        let text = try pointer().text
        let room = Pointer.byteLimit - text.utf8.count - 2
        let full = text + "#" + String(repeating: " ", count: room) + "\n"
        #expect(full.utf8.count == Pointer.byteLimit)
        #expect(throws: Never.self) { try Pointer(parsing: Array(full.utf8)) }
        #expect(throws: WorkspaceError.self) { try Pointer(parsing: Array((full + "\n").utf8)) }
    }

    @Test("examples are accepted and refused as their folder says")
    func examples() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/schemas/examples/pointer"
        let valid = try Files.names(in: "\(folder)/valid")
        #expect(!valid.isEmpty)
        for name in valid {
            let bytes = try Files.read("\(folder)/valid/\(name)")
            #expect(try Array(Pointer(parsing: bytes).text.utf8) == bytes, "\(name)")
        }
        let invalid = try Files.names(in: "\(folder)/invalid")
        #expect(!invalid.isEmpty)
        for name in invalid {
            let bytes = try Files.read("\(folder)/invalid/\(name)")
            #expect(throws: WorkspaceError.self, "\(name)") { try Pointer(parsing: bytes) }
        }
    }
}
