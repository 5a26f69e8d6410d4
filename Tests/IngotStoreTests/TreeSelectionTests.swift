// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotTestSupport
import Testing

@testable import IngotStore

@Suite struct TreeSelectionTests {
    @Test("a path is a file, or a directory with all below it, by whole components")
    func contains() throws {
        let selection = try TreeSelection(["a/b", "c/"])
        for path in ["a/b", "a/b/c", "a/b/c/d", "c", "c/d"] { #expect(selection.contains(path)) }
        for path in ["a", "a/bc", "a/b-c", "a/c", "cd", "x/a/b"] {
            #expect(!selection.contains(path))
        }
        for path in ["", "/", "/a", "../a", "a//b", "."] {
            #expect(throws: StoreError.self) { try TreeSelection([path]) }
        }
    }

    @Test("only pages on the way are needed, and they give every file of the part")
    func pages() throws {
        let test = try TestStore()
        let version = try test.add(
            (0..<20_000).map { .bytes("part-\($0 % 10)/file-\($0).txt", Array("\($0)".utf8)) }
                + [.bytes("part-7-more", []), .bytes("a", []), .bytes("z", [])]
        )
        let all = try test.store.readTree(of: version.manifestDigest)
        let bare = Store(blobs: test.store.blobs, index: MemoryChunkIndex())
        let pageCount = try bare.missingChunks(of: version.manifest).pages.count
        for paths in [["part-7/file-7777.txt"], ["a"], ["z"], ["part-7"], ["part-7", "z", "a"]] {
            let selection = try TreeSelection(paths)
            #expect(
                try test.store.files(of: version.manifest, in: selection)
                    == all.filter { selection.contains($0.path) }
            )
            let needed = try bare.missingChunks(of: version.manifest, in: selection)
            #expect(needed.files.isEmpty)
            #expect(needed.pages.count <= max(3, pageCount / 4))
            #expect(
                try test.store.missingChunks(of: version.manifest, in: selection).isEmpty
            )
        }
    }

    @Test("a path that is not there is refused with the nearest one that is")
    func nearest() throws {
        let test = try TestStore()
        let version = try test.add([
            .bytes("rows/train.jsonl", [1]), .bytes("rows/test.jsonl", [2]), .bytes("read.me", []),
        ])
        let cases = [
            ("rows/trian.jsonl", "did you mean 'rows/train.jsonl'?"),
            ("row", "did you mean 'rows'?"),
            ("rows/train.jsonl/x", "did you mean 'rows/train.jsonl'?"),
            ("something/else/entirely", "'ingot ls' lists its files"),
        ]
        for (wanted, near) in cases {
            let error = #expect(throws: StoreError.self) {
                try test.store.files(of: version.manifest, in: TreeSelection(["read.me", wanted]))
            }
            #expect(error?.message.hasPrefix("path '\(wanted)': ") ?? false)
            #expect(error?.message.hasSuffix(near) ?? false)
        }
    }
}
