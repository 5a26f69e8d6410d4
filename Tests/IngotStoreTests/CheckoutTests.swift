// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct CheckoutTests {
    let test: TestStore
    let version: WrittenVersion
    let target: String

    init() throws {
        test = try TestStore()
        version = try test.add([
            .bytes("a/b/deep.txt", Array("deep".utf8)),
            .bytes("run", Array("#!/bin/sh".utf8), isExecutable: true),
            .bytes("empty", []),
            .bytes("big", SeededBytes.bytes(500_000, seed: 4)),
        ])
        target = test.directory.path + "/work"
    }

    private func checkout(force: Bool = false) throws {
        try test.store.checkout(manifest: version.manifestDigest, into: target, force: force)
    }

    @Test("writes every file with its mode, and leaves no temporary ones")
    func writes() throws {
        try checkout()
        let files = try FileSource.files(in: target)
        #expect(files.map(\.path) == ["a/b/deep.txt", "big", "empty", "run"])
        #expect(files.map(\.isExecutable) == [false, false, false, true])
        #expect(try test.add(files).manifestDigest == version.manifestDigest)
    }

    @Test("what killed writers left beside a version's files goes; what is being written stays")
    func leftovers() throws {
        try checkout()
        let dead = [".ingot-dead.part", "a/.ingot-dead.part", "a/b/.ingot-folder.part/inside"]
        for path in dead + ["c/.ingot-elsewhere.part", ".ingot-notes"] {
            try test.directory.write([1], to: "work/\(path)")
        }
        let alive = try FileHandle.holding {
            try .creating("\(target)/.ingot-alive.part", mode: 0o644)
        }
        let entries = try test.store.readTree(of: version.manifestDigest)
        try test.store.removeLeftovers(beside: entries, in: target)
        #expect(
            try Files.names(in: target)
                == [".ingot-alive.part", ".ingot-notes", "a", "big", "c", "empty", "run"]
        )
        #expect(try Files.names(in: "\(target)/a") == ["b"])
        #expect(try Files.names(in: "\(target)/a/b") == ["deep.txt"])
        withExtendedLifetime(alive) {}
        #expect(try Files.names(in: "\(target)/c") == [".ingot-elsewhere.part"])
    }

    @Test("a temporary file whose writer is done is not mistaken for that of another one")
    func renamedLeftover() throws {
        let path = "\(test.directory.path)/.ingot-a.part"
        try Files.replace(path, with: [1])
        let handle = try FileHandle.reading(path)
        try FileHandle.move(path, to: "\(test.directory.path)/a")
        try handle.removeAbandoned()
        try Files.replace(path, with: [2])
        try handle.removeAbandoned()
        #expect(try Files.read(path) == [2])
        try FileHandle.reading(path).removeAbandoned()
        #expect(try Files.entry(at: path) == nil)
    }

    @Test("a temporary file that somebody took for abandoned is made once more")
    func takenLeftover() throws {
        let path = "\(test.directory.path)/part"
        var count = 0
        let handle = try FileHandle.holding {
            let made = try FileHandle.creating("\(path)\(count)", mode: 0o644)
            if count == 0 { try Files.remove(made.path) }
            count += 1
            return made
        }
        #expect(handle.path == "\(path)1")
    }

    @Test("keeps what is right already, and other files")
    func keeps() throws {
        try checkout()
        try test.directory.write([1], to: "work/other")
        #expect(unsafe chmod(target + "/run", 0o644) == 0)
        try Files.remove(target + "/a")
        var reports: [StoreProgress] = []
        try test.store.checkout(manifest: version.manifestDigest, into: target) {
            reports.append($0)
        }
        #expect(reports.last?.fileCount == 1)
        #expect(reports.last?.bytesDone == 4)
        #expect(try Files.read(target + "/other") == [1])
        #expect(try Files.entry(at: target + "/run") == .file(byteCount: 9, isExecutable: true))
    }

    @Test("never overwrites a changed file without force, and then writes nothing at all")
    func changed() throws {
        try checkout()
        try test.directory.write(Array("mine".utf8), to: "work/run")
        try Files.remove(target + "/big")
        let error = #expect(throws: StoreError.self) { try checkout() }
        #expect(error?.message.contains("work/run: changed") == true)
        #expect(try Files.entry(at: target + "/big") == nil)
        try checkout(force: true)
        #expect(try Files.read(target + "/run") == Array("#!/bin/sh".utf8))
    }

    @Test("does not follow a link out of the working copy")
    func links() throws {
        try test.directory.write([1], to: "elsewhere/keep")
        try Files.makeDirectories(target)
        #expect(unsafe symlink("../elsewhere", target + "/a") == 0)
        #expect(throws: StoreError.self) { try checkout() }
        try checkout(force: true)
        #expect(try Files.names(in: test.directory.path + "/elsewhere") == ["keep"])
        #expect(try Files.entry(at: target + "/a") == .directory)
    }

    @Test("replaces a directory or a link in a file's place only by force")
    func inTheWay() throws {
        try test.directory.write([1], to: "work/run/inner")
        #expect(throws: StoreError.self) { try checkout() }
        try checkout(force: true)
        #expect(try Files.read(target + "/run") == Array("#!/bin/sh".utf8))
    }
}
