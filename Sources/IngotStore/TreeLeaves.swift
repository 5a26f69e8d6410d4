// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// The lowest pages of a tree, to find its files by their places.
struct TreeLeaves {
    private let frontier: TreeFrontier
    /// The place of the first file of each page, and of the end.
    private let starts: [Int]
    /// The page that was read last.
    private var held: (index: Int, entries: [TreePage.StoredEntry])?

    init(store: Store, version: Digest) throws {
        var frontier = try TreeFrontier(store: store, version: version)
        while frontier.level > 0 { try frontier.descend() }
        self.frontier = frontier
        var starts = [0]
        if frontier.level < 0 {
            starts.append(frontier.entries.count)
            held = (0, frontier.entries)
        }
        for page in frontier.pages {
            let (end, overflow) = starts[starts.count - 1]
                .addingReportingOverflow(page.fileCount)
            guard !overflow else { throw StoreError("the files of a tree exceed 63 bits") }
            starts.append(end)
        }
        self.starts = starts
    }

    var fileCount: Int { starts[starts.count - 1] }

    /// The page that holds a place, and the places it holds.
    func leaf(at place: Int) -> (index: Int, places: Range<Int>) {
        var (low, high) = (0, starts.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= place { low = middle } else { high = middle }
        }
        return (low, starts[low]..<starts[low + 1])
    }

    /// The reference to a page, nil when the tree is a single page; the last one may have ended
    /// only because the tree did.
    func reference(_ index: Int) -> (page: PageReference, isLast: Bool)? {
        guard frontier.pages.indices.contains(index) else { return nil }
        return (frontier.pages[index], index == frontier.pages.count - 1)
    }

    mutating func entry(at place: Int) throws -> TreePage.StoredEntry {
        guard place >= 0, place < fileCount else {
            throw StoreError("the tree has \(fileCount) files, none at \(place)")
        }
        let (index, places) = leaf(at: place)
        if held?.index != index {
            held = (index, try frontier.entries(of: frontier.pages[index]))
        }
        guard let entries = held?.entries, entries.indices.contains(place - places.lowerBound)
        else { throw StoreError("a tree page holds other files than said above it") }
        return entries[place - places.lowerBound]
    }
}
