// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotArchive

@Suite struct EntryNamesTests {
    @Test(
        "names that are one name on some file system are refused",
        arguments: [
            ["a", "A"], ["É", "é"], ["\u{E9}", "e\u{301}"], ["\u{C9}", "e\u{301}"],
            ["Σ", "ς"], ["\u{212A}", "k"], ["ẞ", "ß"], ["Data/x", "data/y"], ["a/b/c", "a/B/d"],
            ["a", "a/b"], ["a/b", "a"], ["ſ", "s"],
        ]
    )
    func refused(paths: [String]) {
        var names = EntryNames()
        #expect(names.fault(addingPath: paths[0], isDirectory: false) == nil)
        #expect(names.fault(addingPath: paths[1], isDirectory: false) != nil)
    }

    @Test(
        "names that differ otherwise are accepted",
        arguments: [
            ["a", "b"], ["ß", "ss"], ["ı", "i"], ["a/b", "a/c"], ["a", "ab/c"], ["é", "e"],
        ]
    )
    func accepted(paths: [String]) {
        var names = EntryNames()
        for path in paths { #expect(names.fault(addingPath: path, isDirectory: false) == nil) }
    }

    @Test("a directory may come before or after its files, and twice by its files")
    func directories() {
        var names = EntryNames()
        #expect(names.fault(addingPath: "a", isDirectory: true) == nil)
        #expect(names.fault(addingPath: "a/b", isDirectory: false) == nil)
        #expect(names.fault(addingPath: "a/c", isDirectory: false) == nil)
        #expect(names.fault(addingPath: "a", isDirectory: true) == nil)
    }
}
