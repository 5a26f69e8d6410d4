// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotFiles
import IngotStore
import Testing

@testable import IngotDVC

/// A DVC project made by hand, which goes away with the value.
private final class MadeProject: Sendable {
    let path: String

    init(config: String = "") throws {
        path = "/tmp/ingot-dvc-test-\(getpid())-\(UInt64.random(in: .min ... .max))"
        try write(config, to: ".dvc/config")
    }

    deinit {
        do { try Files.remove(path) } catch { print("\(path): \(error)") }
    }

    func write(_ text: String, to name: String) throws {
        let full = "\(path)/\(name)"
        if let slash = full.lastIndex(of: "/") {
            try Files.makeDirectories(String(full[..<slash]))
        }
        try Files.replace(full, with: Array(text.utf8))
    }

    /// Puts an object into a cache or remote, and gives its name.
    @discardableResult
    func object(
        _ text: String,
        isDirectory: Bool = false,
        in place: String = ".dvc/cache",
        isLegacy: Bool = false
    ) throws -> ObjectName {
        let md5 = try ObjectFile.md5(of: Array(text.utf8)) + (isDirectory ? ".dir" : "")
        let name = try #require(ObjectName(md5))
        try write(text, to: "\(place)/\(isLegacy ? name.legacyPath : name.path)")
        return name
    }

    func track(_ path: String, _ object: ObjectName, more: String = "", hash: Bool = true) throws {
        let line = hash ? "\n  hash: md5" : ""
        try write("outs:\n- md5: \(object)\(line)\n  path: \(path)\n\(more)", to: "\(path).dvc")
    }

    /// All files of all outputs: their paths and contents.
    func read() throws -> [String: String] {
        let project = try Project(directory: path)
        var reader = ProjectReader(project) { _ in }
        var found: [String: String] = [:]
        for output in project.outputs {
            for file in try reader.check(output).files {
                guard case .file(let source) = file.content else { continue }
                let text = String(decoding: try Files.read(source), as: UTF8.self)
                found["\(output.path):\(file.path)\(file.isExecutable ? "*" : "")"] = text
            }
        }
        return found
    }
}

private func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing was thrown"
    } catch let error as any IngotError {
        return error.message
    } catch { return "\(error)" }
}

@Suite struct ProjectTests {
    @Test("reads files and directories from the cache, with the executable bit of files")
    func cache() throws {
        let made = try MadeProject()
        let one = try made.object("one")
        try made.track("tool", one, more: "  isexec: true\n")
        let list = #"[{"md5": "\#(one.md5)", "relpath": "sub/x"}]"#
        try made.track("data", try made.object(list, isDirectory: true))
        #expect(try made.read() == ["tool:tool*": "one", "data:sub/x": "one"])
    }

    @Test("reads the layout of DVC 2, and what only a relative remote has")
    func legacyAndRemote() throws {
        let made = try MadeProject(
            config: "[core]\n    remote = far\n['remote \"far\"']\n    url = ../remote dir # here\n"
        )
        try made.track("old", try made.object("old", isLegacy: true), hash: false)
        try made.track("new", try made.object("new", in: "remote dir"))
        #expect(try made.read() == ["old:old": "old", "new:new": "new"])
    }

    @Test("config.local has the last word on the cache")
    func localConfiguration() throws {
        let made = try MadeProject(config: "[cache]\n    dir = nowhere\n")
        try made.write("[cache]\n    dir = ../shared\n", to: ".dvc/config.local")
        try made.track("a", try made.object("a", in: "shared"))
        #expect(try made.read() == ["a:a": "a"])
    }

    @Test("reads the stages of dvc.lock, in the directory where they work, without what Git keeps")
    func lock() throws {
        let made = try MadeProject()
        let object = try made.object("model")
        try made.write(
            """
            stages:
              train:
                cmd: x
                wdir: work
                outs: [model]
                metrics:
                - score.json: {cache: false}
            """,
            to: "p/dvc.yaml"
        )
        try made.write(
            """
            schema: '2.0'
            stages:
              train:
                cmd: x
                outs:
                - {path: model, hash: md5, md5: \(object), size: 5}
                - {path: score.json, hash: md5, md5: \(object), size: 5}
            """,
            to: "p/dvc.lock"
        )
        #expect(try made.read() == ["p/work/model:model": "model"])
    }

    @Test("a damaged object is refused, whichever it is")
    func damage() throws {
        let made = try MadeProject()
        let object = try made.object("good")
        try made.track("a", object)
        try made.write("evil", to: ".dvc/cache/\(object.path)")
        let text = message { _ = try made.read() }
        #expect(text.contains("its MD5 is") && text.contains("not \(object.md5)"))
    }

    @Test("a text whose line ends DVC 2 turned is refused with the remedy")
    func lineEnds() throws {
        let made = try MadeProject()
        let object = try made.object("a\n", isLegacy: true)
        try made.write("a\r\n", to: ".dvc/cache/\(object.legacyPath)")
        try made.track("a", object, hash: false)
        #expect(message { _ = try made.read() }.contains("dvc cache migrate"))
    }

    @Test("a link in the cache is not followed")
    func cacheLink() throws {
        let made = try MadeProject()
        let object = try made.object("secret", in: "elsewhere")
        try Files.makeDirectories("\(made.path)/.dvc/cache/files/md5/\(object.md5.prefix(2))")
        let link = "\(made.path)/.dvc/cache/\(object.path)"
        #expect(unsafe symlink("\(made.path)/elsewhere/\(object.path)", link) == 0)
        try made.track("a", object)
        #expect(message { _ = try made.read() }.contains("a symbolic link"))
    }

    @Test("what is nowhere here names the command that brings it", arguments: ["s3://b/p", nil])
    func missing(url: String?) throws {
        let remote = url.map { "[core]\nremote = r\n['remote \"r\"']\nurl = \($0)\n" } ?? ""
        let made = try MadeProject(config: remote)
        let object = try #require(ObjectName("d41d8cd98f00b204e9800998ecf8427e"))
        try made.track("a", object)
        #expect(message { _ = try made.read() }.contains("run 'dvc fetch' there first"))
    }

    @Test(
        "pointer files that lie are refused",
        arguments: [
            ("outs: [{md5: d41d8cd98f00b204e9800998ecf8427e, path: ../../x}]", "outside"),
            ("outs: [{md5: d41d8cd98f00b204e9800998ecf8427e, path: /etc/x}]", "outside"),
            ("outs: [{md5: d41d8cd98f00b204e9800998ecf8427e, path: 's3://b/x'}]", "outside"),
            ("wdir: ../..\nouts: [{md5: d41d8cd98f00b204e9800998ecf8427e, path: x}]", "outside"),
            ("outs: [{md5: '../../../etc', path: x}]", "an MD5 that is none"),
            ("outs: [{path: x}]", "has no MD5"),
            ("outs: [{md5: d41d8cd98f00b204e9800998ecf8427e, hash: sha1, path: x}]", "unknown"),
            ("outs: {a: b}", "expected a list"),
            ("outs: [", "line"),
            (
                "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                    + "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                    + "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                    + "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n", "aliases"
            ),
        ]
    )
    func lies(text: String, problem: String) throws {
        let made = try MadeProject()
        try made.write(text, to: "sub/x.dvc")
        let found = message { _ = try made.read() }
        #expect(found.contains(problem) && !found.contains("\n"))
    }

    @Test("a pointer inside of tracked data is data")
    func pointerInData() throws {
        let made = try MadeProject()
        let object = try made.object("text")
        let list = #"[{"md5": "\#(object.md5)", "relpath": "x.dvc"}]"#
        try made.track("data", try made.object(list, isDirectory: true))
        try made.write("no: [pointer", to: "data/x.dvc")
        #expect(try made.read() == ["data:x.dvc": "text"])
    }

    @Test("two files that track one path are refused")
    func duplicates() throws {
        let made = try MadeProject()
        let object = try made.object("a")
        try made.track("a", object)
        try made.write("outs:\n- md5: \(object)\n  path: a\n", to: "b.dvc")
        #expect(message { _ = try made.read() }.contains("tracked twice"))
    }

    @Test("a file that changes between its check and its name is noticed")
    func change() throws {
        let made = try MadeProject()
        let object = try made.object("a")
        try made.track("a", object)
        let project = try Project(directory: made.path)
        var reader = ProjectReader(project) { _ in }
        let checked = try reader.check(try #require(project.outputs.first))
        try checked.requireUnchanged()
        try made.write("b", to: ".dvc/cache/\(object.path)")
        #expect(message { try checked.requireUnchanged() }.contains("changed while it was read"))
    }

    @Test(
        "a repository is named after the path",
        arguments: [
            ("data/Raw Set (1).csv", "data/raw-set-1.csv"), ("_x__y-", "x_y"), ("é/a", "a"),
        ]
    )
    func repositoryNames(path: String, name: String) throws {
        #expect(try RepositoryName(cleaning: path).text == name)
    }

    @Test("a path of which nothing is left gives no name")
    func noName() {
        #expect(throws: NameError.self) { try RepositoryName(cleaning: "é") }
    }
}
