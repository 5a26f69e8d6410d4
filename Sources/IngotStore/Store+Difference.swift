// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A file of a version, without its chunks.
package struct TreeFile: Sendable, Hashable {
    package let path: String
    package let isExecutable: Bool
    package let byteCount: Int
    /// SHA-256 of the whole content.
    package let digest: Digest

    init(_ entry: TreePage.StoredEntry) {
        path = entry.path
        isExecutable = entry.isExecutable
        byteCount = entry.byteCount
        digest = entry.digest
    }
}

/// A path at which two versions differ; nil on the side that has no file there.
package struct TreeDifference: Sendable, Hashable {
    package let old: TreeFile?
    package let new: TreeFile?

    package var path: String { new?.path ?? old?.path ?? "" }
}

extension Store {
    /// The files of a version one by one, without reading any list of chunks.
    package func forEachTreeFile(
        of version: Digest,
        _ body: (TreeFile) throws -> Void
    ) throws {
        var reader = TreeReader(store: self, chunks: ChunkReader(store: self))
        try reader.forEach(in: try manifest(version)) { try body(TreeFile($0)) }
    }

    /// Where two versions differ, in order of paths; pages that both have are not read.
    package func differences(from old: Digest, to new: Digest) throws -> [TreeDifference] {
        if old == new { return [] }
        var left = try TreeFrontier(store: self, version: old)
        var right = try TreeFrontier(store: self, version: new)
        while left.level > right.level { try left.descend() }
        while right.level > left.level { try right.descend() }
        while left.level >= 0 {
            let inLeft = Set(left.pages.map(\.digest))
            left.drop(Set(right.pages.map(\.digest)))
            right.drop(inLeft)
            try left.descend()
            try right.descend()
        }
        return Self.merge(left.entries, right.entries)
    }

    private static func merge(
        _ left: [TreePage.StoredEntry],
        _ right: [TreePage.StoredEntry]
    ) -> [TreeDifference] {
        var differences: [TreeDifference] = []
        var (old, new) = (left[...], right[...])
        while let first = old.first ?? new.first {
            let isOld = old.first.map { old in
                new.first.map { !TreePath.precedes($0.path, old.path) } ?? true
            }
            let isNew = new.first.map { new in
                old.first.map { !TreePath.precedes($0.path, new.path) } ?? true
            }
            let oldFile = isOld == true ? old.popFirst() : nil
            let newFile = isNew == true ? new.popFirst() : nil
            guard oldFile != newFile else { continue }
            precondition(oldFile ?? newFile != nil, "no side is taken at \(first.path)")
            differences.append(
                TreeDifference(old: oldFile.map(TreeFile.init), new: newFile.map(TreeFile.init))
            )
        }
        return differences
    }

    /// How many files a version has, and their bytes: the root of the tree says so.
    package func totals(of version: Digest) throws -> (files: Int, bytes: Int) {
        let root = try TreeFrontier(store: self, version: version)
        let counts =
            root.entries.map { (files: 1, bytes: $0.byteCount) }
            + root.pages.map { (files: $0.fileCount, bytes: $0.byteCount) }
        return try counts.reduce((files: 0, bytes: 0)) { total, next in
            let (files, tooMany) = total.files.addingReportingOverflow(next.files)
            let (bytes, tooLarge) = total.bytes.addingReportingOverflow(next.bytes)
            guard !tooMany, !tooLarge else {
                throw StoreError("\(version): the sizes in its tree exceed 63 bits")
            }
            return (files, bytes)
        }
    }

    /// The files at some places of a version, which rise: 0 is the first file of the tree.
    package func treeFiles(of version: Digest, at places: [Int]) throws -> [TreeFile] {
        var leaves = try TreeLeaves(store: self, version: version)
        return try places.map { TreeFile(try leaves.entry(at: $0)) }
    }
}
