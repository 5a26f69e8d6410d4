// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotWorkspace

@Suite struct RemoteListTests {
    @Test("remotes are added, found by name, removed, and written as they are read")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        var list = try RemoteList(workspace: directory.path)
        #expect(list.names.isEmpty)
        #expect(throws: WorkspaceError.self) { try list.address(named: nil) }
        try list.add("backup", "/srv/it's here")
        #expect(try list.address(named: nil) == "/srv/it's here")
        try list.add("second", "oci://host/team")
        #expect(throws: WorkspaceError.self) { try list.address(named: nil) }
        try list.add("origin", "s3://models/team")
        #expect(try list.address(named: nil) == "s3://models/team")
        #expect(try RemoteList(workspace: directory.path) == list)
        #expect(throws: WorkspaceError.self) { try list.add("origin", "/elsewhere") }
        #expect(throws: WorkspaceError.self) { try list.address(named: "backups") }
        try list.remove("origin")
        #expect(throws: WorkspaceError.self) { try list.remove("origin") }
        #expect(try RemoteList(workspace: directory.path).names == ["backup", "second"])
    }

    @Test("examples are accepted and refused as their folder says")
    func examples() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/schemas/examples/workspace"
        let directory = try TemporaryDirectory()
        func read(_ path: String) throws -> RemoteList {
            try directory.write(Files.read(path), to: RemoteList.fileName)
            return try RemoteList(workspace: directory.path)
        }
        #expect(try read("\(folder)/valid/none.yaml").names.isEmpty)
        #expect(try read("\(folder)/valid/two.yaml").names == ["backup", "origin"])
        let invalid = try Files.names(in: "\(folder)/invalid")
        #expect(!invalid.isEmpty)
        for name in invalid {
            #expect(throws: WorkspaceError.self, "\(name)") {
                try read("\(folder)/invalid/\(name)")
            }
        }
    }
}
