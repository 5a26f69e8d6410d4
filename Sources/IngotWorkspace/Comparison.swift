// SPDX-License-Identifier: Apache-2.0

internal import IngotStore

/// A walk laid beside the files of a version: what is surely unchanged, and what must be looked at.
struct Comparison {
    /// A file of the walk whose content is not known.
    struct Found {
        let item: Int
        let directory: Int
        /// The version's file of that path: its place in the tree and its item; nil for a new file.
        let old: (place: Int, item: Int)?
    }

    private(set) var runs: [KeptFiles.Run] = []
    private(set) var found: [Found] = []
    /// Places of files of the version that the walk does not have.
    private(set) var deleted: [(place: Int, item: Int, directory: Int)] = []
    /// Items of files that are unchanged, in both listings.
    private(set) var kept: [(new: Int, old: Int)] = []
    private(set) var oldFileCount = 0

    var isUnchanged: Bool { found.isEmpty && deleted.isEmpty }

    private let new: Listing
    private let old: Listing
    private let bound: Int64
    private var run: (first: Int, count: Int, items: (Int, Int), last: (Int, Int))?

    /// Stamps that are not older than `bound` prove nothing.
    init(of new: Listing, with old: Listing, bound: Int64) {
        self.new = new
        self.old = old
        self.bound = bound
        compare(0, old.directories.isEmpty ? nil : 0)
        endRun()
    }

    private mutating func compare(_ newDirectory: Int?, _ oldDirectory: Int?) {
        var newItems = newDirectory.map { new.directories[$0].items } ?? 0..<0
        var oldItems = oldDirectory.map { old.directories[$0].items } ?? 0..<0
        while !newItems.isEmpty || !oldItems.isEmpty {
            let order = order(newItems, oldItems)
            let newItem = order <= 0 ? newItems.popFirst() : nil
            let oldItem = order >= 0 ? oldItems.popFirst() : nil
            let isDirectory =
                (newItem.map { new.items[$0].form } ?? oldItem.map { old.items[$0].form })
                == .directory
            if isDirectory {
                compare(
                    newItem.map { Int(new.items[$0].directory) },
                    oldItem.map { Int(old.items[$0].directory) }
                )
            } else {
                take(newItem, newDirectory ?? 0, oldItem, oldDirectory ?? 0)
            }
        }
    }

    /// Below zero when only the new listing has the next name, above when only the old one has.
    private func order(_ newItems: Range<Int>, _ oldItems: Range<Int>) -> Int {
        guard let newItem = newItems.first else { return 1 }
        guard let oldItem = oldItems.first else { return -1 }
        let left = new.items[newItem]
        let right = old.items[oldItem]
        return unsafe new.names.withUnsafeBytes { newNames in
            unsafe old.names.withUnsafeBytes { oldNames in
                let count = Int(min(left.nameByteCount, right.nameByteCount))
                // Safe: both names lie in their buffers.
                let newName = unsafe UnsafeRawBufferPointer(
                    rebasing: newNames[Int(left.nameOffset)..<Int(left.nameOffset) + count]
                )
                let oldName = unsafe UnsafeRawBufferPointer(
                    rebasing: oldNames[Int(right.nameOffset)..<Int(right.nameOffset) + count]
                )
                let order = unsafe ByteOrder.compare(newName, oldName)
                return order != 0 ? order : Int(left.nameByteCount) - Int(right.nameByteCount)
            }
        }
    }

    private mutating func take(
        _ newItem: Int?,
        _ newDirectory: Int,
        _ oldItem: Int?,
        _ oldDirectory: Int
    ) {
        let place = oldFileCount
        if oldItem != nil { oldFileCount += 1 }
        guard let newItem else {
            if let oldItem { deleted.append((place, oldItem, oldDirectory)) }
            return
        }
        if let oldItem, new.items[newItem].form == .file,
            old.items[oldItem].stamp.proves(new.items[newItem].stamp, before: bound)
        {
            kept.append((newItem, oldItem))
            keep(newItem, newDirectory, place)
        } else {
            endRun()
            found.append(
                Found(
                    item: newItem,
                    directory: newDirectory,
                    old: oldItem.map { (place, $0) }
                )
            )
        }
    }

    private mutating func keep(_ item: Int, _ directory: Int, _ place: Int) {
        if let current = run, current.first + current.count == place {
            run?.count += 1
            run?.last = (item, directory)
        } else {
            endRun()
            run = (place, 1, (item, directory), (item, directory))
        }
    }

    private mutating func endRun() {
        guard let ended = run else { return }
        run = nil
        runs.append(
            KeptFiles.Run(
                sourceIndex: found.count,
                places: ended.first..<ended.first + ended.count,
                firstPath: text(ended.items),
                lastPath: text(ended.last)
            )
        )
    }

    private func text(_ item: (Int, Int)) -> String {
        String(decoding: new.path(of: item.0, in: item.1), as: UTF8.self)
    }
}
