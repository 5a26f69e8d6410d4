// SPDX-License-Identifier: Apache-2.0

import IngotFiles
import Testing

@testable import IngotWorkspace

@Suite("StoreLocation")
struct StoreLocationTests {
    private func withTree(_ body: (String) throws -> Void) throws {
        let top = "/tmp/ingot-location-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectories("\(top)/project/.ingot")
        try Files.makeDirectories("\(top)/project/data/deep")
        try Files.replace("\(top)/project/.ingot/oci-layout", with: "{}".utf8)
        defer { try? Files.remove(top) }
        try body(top)
    }

    @Test("walks up to the nearest store")
    func walksUp() throws {
        try withTree { top in
            let found = try StoreLocation.find(
                named: nil,
                workingDirectory: "\(top)/project/data/deep"
            )
            #expect(found.root == "\(top)/project/.ingot")
        }
    }

    @Test("takes a named store, or the directory that holds one")
    func named() throws {
        try withTree { top in
            for name in ["\(top)/project", "\(top)/project/.ingot"] {
                let found = try StoreLocation.find(named: name, workingDirectory: "/")
                #expect(found.root == "\(top)/project/.ingot")
            }
        }
    }

    @Test("writes the name that a store had again, and never another over it")
    func identity() throws {
        try withTree { top in
            let root = "\(top)/project/.ingot"
            let name = try StoreIdentity.create(at: root)
            #expect(try StoreIdentity.create(at: root) == name)
            try Files.remove("\(root)/store-id")
            #expect(try StoreIdentity.create(at: root, known: name) == name)
            #expect(try StoreIdentity.read(at: root) == name)
        }
    }

    @Test("says how to make one where there is none")
    func missing() throws {
        try withTree { top in
            #expect {
                try StoreLocation.find(named: nil, workingDirectory: top)
            } throws: {
                "\($0)".contains("ingot init")
            }
        }
    }
}
