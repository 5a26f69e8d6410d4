// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// Files that a new version has in common with an earlier one: known without being read.
package struct KeptFiles: Sendable {
    /// Files that follow each other in the earlier version and in the new one.
    package struct Run: Sendable {
        /// How many of the new version's other files come before.
        package let sourceIndex: Int
        /// Places in the earlier version, 0 for its first file; not empty.
        package let places: Range<Int>
        /// The paths at both ends, to prove that the places are meant.
        package let firstPath: String
        package let lastPath: String

        package init(
            sourceIndex: Int,
            places: Range<Int>,
            firstPath: String,
            lastPath: String
        ) {
            self.sourceIndex = sourceIndex
            self.places = places
            self.firstPath = firstPath
            self.lastPath = lastPath
        }
    }

    package let version: Digest
    package let runs: [Run]

    package init(version: Digest, runs: [Run]) {
        self.version = version
        self.runs = runs
    }
}

/// Copies runs of an earlier tree into a new one, by whole pages where it can.
struct KeptFilesWriter {
    private var leaves: TreeLeaves
    private let version: Digest
    private var runs: ArraySlice<KeptFiles.Run>
    /// False for kinds whose raw files the manifest lists: each entry must be seen.
    private let copiesPages: Bool

    init(_ kept: KeptFiles, store: Store, kind: Kind) throws {
        leaves = try TreeLeaves(store: store, version: kept.version)
        version = kept.version
        runs = kept.runs[...]
        copiesPages = !Store.isRaw(kind, byteCount: .max)
    }

    /// Writes the runs that come before the source with this index; all of them for nil.
    mutating func write(
        before index: Int?,
        to tree: inout TreeWriter,
        check: inout TreePathCheck,
        each: (TreePage.StoredEntry) throws -> Void
    ) throws {
        while let run = runs.first, index.map({ run.sourceIndex <= $0 }) ?? true {
            runs.removeFirst()
            try verify(run)
            var place = run.places.lowerBound
            while place < run.places.upperBound {
                let (leaf, places) = leaves.leaf(at: place)
                if copiesPages, tree.isAtPageStart, places.lowerBound == place,
                    places.upperBound <= run.places.upperBound,
                    let (page, isLast) = leaves.reference(leaf),
                    // The last page of a tree ends where the tree did, which is no reason to end a
                    // page elsewhere.
                    !isLast || (index == nil && runs.isEmpty)
                {
                    try check.accept(page.firstPath)
                    try tree.append(page)
                    place = places.upperBound
                } else {
                    let end = min(places.upperBound, run.places.upperBound)
                    for place in place..<end {
                        let entry = try leaves.entry(at: place)
                        try check.accept(entry.path)
                        try tree.append(entry)
                        try each(entry)
                    }
                    place = end
                }
            }
        }
    }

    /// A cache that is wrong about a version must not become one.
    private mutating func verify(_ run: KeptFiles.Run) throws {
        guard !run.places.isEmpty, run.places.upperBound <= leaves.fileCount,
            try leaves.entry(at: run.places.lowerBound).path.utf8.elementsEqual(run.firstPath.utf8),
            try leaves.entry(at: run.places.upperBound - 1).path.utf8
                .elementsEqual(run.lastPath.utf8)
        else {
            throw StoreError(
                "\(version): it does not have '\(run.firstPath)' where it should: the working "
                    + "copy's cache is wrong: remove `workspace/` from the store and try again"
            )
        }
    }
}
