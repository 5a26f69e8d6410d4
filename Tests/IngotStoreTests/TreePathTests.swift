// SPDX-License-Identifier: Apache-2.0

import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct TreePathTests {
    /// The rule without any cleverness: no path is a directory of another.
    private func hasConflict(_ paths: [String]) -> Bool {
        paths.contains { path in paths.contains { $0.utf8.starts(with: (path + "/").utf8) } }
    }

    @Test("finds a file among the directories of another, whatever sorts between them")
    func conflicts() {
        var generator = SeededBytes(seed: 1)
        let parts = ["a", "a-b", "a.b", "a+", "ab", "b", "a\u{301}", "aé"]
        for _ in 0..<2000 {
            let paths = Set(
                (0..<6).map { _ in
                    (0...Int(generator.next() % 3))
                        .map { _ in parts[Int(generator.next() % UInt64(parts.count))] }
                        .joined(separator: "/")
                }
            ).sorted(by: TreePath.precedes)
            var check = TreePathCheck()
            var isRefused = false
            for path in paths where !isRefused {
                do { try check.accept(path) } catch { isRefused = true }
            }
            #expect(isRefused == hasConflict(paths), "\(paths)")
        }
    }

    @Test(
        "names that Git and Ingot believe are in no version, in whatever case",
        arguments: [
            ".git/config", "a/.GIT/config", "a/b/.Ingot", ".ingot/catalog.sqlite",
            "a/.ingot-0123.part",
        ]
    )
    func reserved(path: String) throws {
        #expect(throws: StoreError.self) { try TreePath.validate(path) }
    }

    @Test(
        "names that only look like those are allowed",
        arguments: [".gitignore", "a.ingot", ".g"]
    )
    func notReserved(path: String) throws { try TreePath.validate(path) }

    @Test("refuses paths that do not rise, and takes the longest names")
    func order() throws {
        var check = TreePathCheck()
        try check.accept("b")
        #expect(throws: StoreError.self) { try check.accept("a") }
        #expect(throws: StoreError.self) { try check.accept("b") }
        try check.accept(String(repeating: "x", count: 255))
        #expect(TreePath.parents(of: "a/b/c") == ["a", "a/b"])
        #expect(TreePath.parents(of: "a") == [])
    }
}
