// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotFiles

extension Store {
    /// Writes a version's files into a directory.
    ///
    /// Files that already have the right content stay as they are, files that the version does not
    /// have are left alone, and a file with other content is replaced only by `force`. All of that
    /// is looked at before the first file is written. Each file appears whole, by rename; nothing
    /// is synced, a working copy can be checked out again.
    ///
    /// - Throws: `StoreError` that names the first file in the way.
    package func checkout(
        manifest: Digest,
        into directory: String,
        force: Bool = false,
        progress report: StoreProgress.Report = { _ in }
    ) throws {
        try Files.makeDirectories(directory)
        let checkout = Checkout(directory: directory, force: force)
        try write(try checkout.plan(try readTree(of: manifest)), with: checkout, progress: report)
    }

    /// Those of a version's files that a directory does not have yet.
    ///
    /// - Throws: `StoreError` that names the first file in the way, unless by `force`.
    package func filesToWrite(
        _ entries: [TreeEntry],
        into directory: String,
        force: Bool
    ) throws -> [TreeEntry] {
        try Checkout(directory: directory, force: force).plan(entries)
    }

    /// Writes these files of a version into a directory, whatever is there: the caller has looked.
    package func writeFiles(
        _ entries: [TreeEntry],
        into directory: String,
        progress report: StoreProgress.Report = { _ in }
    ) throws {
        try Files.makeDirectories(directory)
        let checkout = Checkout(directory: directory, force: true)
        try write(entries, with: checkout, progress: report)
    }

    private func write(
        _ missing: [TreeEntry],
        with checkout: Checkout,
        progress report: StoreProgress.Report
    ) throws {
        var progress = StoreProgress(
            fileCount: missing.count,
            byteCount: missing.reduce(0) { $0 + $1.byteCount }
        )
        try report(progress)
        let content = FileContent(store: self)
        for group in Self.groups(of: try checkout.units(of: missing)) {
            let entries = group.flatMap(\.entries)
            let places = try content.places(of: entries)
            if entries.count == 1, let unit = group.first, let entry = entries.first {
                // A large file, perhaps: it is written, and reported, piece by piece.
                try checkout.writing(unit.newDirectory) { hidden in
                    try checkout.write(entry, into: hidden) { write in
                        try content.read(entry, places: places) { bytes in
                            try write(bytes)
                            progress.bytesDone += bytes.count
                            try report(progress)
                        }
                    }
                }
            } else {
                _ = try Parallel.map(group.count) { index in
                    try checkout.writing(group[index].newDirectory) { hidden in
                        for entry in group[index].entries {
                            try checkout.write(entry, into: hidden) { write in
                                try content.read(entry, places: places) { try write($0) }
                            }
                        }
                    }
                }
                progress.bytesDone += entries.reduce(0) { $0 + $1.byteCount }
            }
            progress.filesDone += entries.count
            try report(progress)
        }
    }

    /// Units that are written before progress is reported again.
    private static func groups(of units: [CheckoutUnit]) -> [[CheckoutUnit]] {
        var groups: [[CheckoutUnit]] = []
        var group: [CheckoutUnit] = []
        var (byteCount, fileCount) = (0, 0)
        for unit in units {
            let isFull =
                byteCount + unit.byteCount > 2 * CheckoutFolder.partByteLimit
                || fileCount + unit.entries.count > 4 * CheckoutFolder.partFileLimit
            if isFull, !group.isEmpty {
                groups.append(group)
                (group, byteCount, fileCount) = ([], 0, 0)
            }
            group.append(unit)
            byteCount += unit.byteCount
            fileCount += unit.entries.count
        }
        return group.isEmpty ? groups : groups + [group]
    }
}
