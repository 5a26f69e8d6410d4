// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore
internal import IngotFiles
package import IngotStore

/// What a checkout did.
package struct CheckoutResult: Sendable {
    package var written = StoreProgress(fileCount: 0, byteCount: 0)
    package var removedCount = 0
    /// The data was the version already.
    package var isUnchanged = false
}

extension WorkingCopy {
    /// Makes the data a version: writes what differs, and removes what the version lacks.
    ///
    /// A file may be replaced or removed when it is, unchanged, that of the version which the data
    /// last was. Any other file in the way is refused before the first byte is written, or replaced
    /// by force; files that neither version has are left alone.
    ///
    /// What an earlier checkout left when it was killed is removed.
    ///
    /// - Throws: `WorkspaceError` that names the first file in the way, or when another checkout of
    ///   the same data runs.
    package func checkout(
        _ version: Digest,
        form: Pointer.Form,
        force: Bool = false,
        progress: StoreProgress.Report = { _ in }
    ) throws -> CheckoutResult {
        let lock = try lockForCheckout()
        return try withExtendedLifetime(lock) {
            try checkout(
                version,
                form: form,
                force: force,
                isAlone: lock != nil,
                progress: progress
            )
        }
    }

    private func checkout(
        _ version: Digest,
        form: Pointer.Form,
        force: Bool,
        isAlone: Bool,
        progress: StoreProgress.Report
    ) throws -> CheckoutResult {
        let target = try store.readTree(of: version)
        if form == .file {
            guard target.count == 1, target[0].path.utf8.elementsEqual(path.name.utf8) else {
                throw WorkspaceError("\(path.shown): the version is not the file '\(path.name)'")
            }
        }
        let plan = try plan(version, target, form, force: force)
        // Without the lock they may be another checkout's.
        if isAlone { for leftover in plan.leftovers { try Files.remove(leftover) } }
        // Beside a single file lie other data, whose checkouts may run.
        if form == .file { try store.removeLeftovers(beside: target, in: path.parent) }
        if plan.isNothing, plan.cachedVersion == version {
            return CheckoutResult(isUnchanged: true)
        }
        var result = CheckoutResult()
        for removed in plan.removed { try Files.remove(file(removed, form)) }
        result.removedCount = plan.removed.count
        for entry in plan.modes {
            let path = file(entry.path, form)
            guard unsafe chmod(path, entry.isExecutable ? 0o755 : 0o644) == 0 else {
                throw FileError.last("change the mode of", path)
            }
        }
        let directory = form == .file ? path.parent : path.absolute
        try store.writeFiles(plan.written, into: directory) {
            result.written = $0
            try progress($0)
        }
        if form == .directory { try removeEmptyDirectories(after: plan.removed) }
        try rememberCheckout(of: version, target)
        result.isUnchanged = plan.isNothing
        return result
    }

    private struct Plan {
        var written: [TreeEntry] = []
        /// Right but for their mode.
        var modes: [TreeEntry] = []
        var removed: [String] = []
        var leftovers: [String] = []
        var cachedVersion: Digest?

        var isNothing: Bool { written.isEmpty && modes.isEmpty && removed.isEmpty }
    }

    private func plan(
        _ version: Digest,
        _ target: [TreeEntry],
        _ form: Pointer.Form,
        force: Bool
    ) throws -> Plan {
        let cache = cache()
        var plan = Plan()
        plan.cachedVersion = cache?.version
        guard let (listing, found) = try DirectoryWalk.list(path.absolute) else {
            plan.written = target
            return plan
        }
        guard found == form else {
            guard force else { throw inTheWay(path.shown) }
            try Files.remove(path.absolute)
            plan.written = target
            return plan
        }
        plan.leftovers = listing.leftovers
        let present = try presentFiles(listing, form, cache)
        var files = present[...]
        for entry in target {
            while let file = files.first, TreePath.precedes(file.path, entry.path) {
                files.removeFirst()
                if file.isUnchanged { plan.removed.append(file.path) }
            }
            guard let file = files.first, file.path.utf8.elementsEqual(entry.path.utf8) else {
                plan.written.append(entry)
                continue
            }
            files.removeFirst()
            if file.isFile, try digest(of: file, entry, form) == entry.digest {
                if file.isExecutable != entry.isExecutable { plan.modes.append(entry) }
            } else {
                guard file.isUnchanged || force else { throw inTheWay(file.path) }
                plan.written.append(entry)
            }
        }
        plan.removed += files.filter(\.isUnchanged).map(\.path)
        try refuseObstacles(to: plan.written, present, removed: Set(plan.removed), force)
        return plan
    }

    /// A file of the working copy.
    private struct Present {
        let path: String
        let isFile: Bool
        let isExecutable: Bool
        let byteCount: Int
        /// Known without reading it.
        let digest: Digest?
        /// It is that of the version which the data last was.
        let isUnchanged: Bool
    }

    private func presentFiles(
        _ listing: Listing,
        _ form: Pointer.Form,
        _ cache: StatCache?
    ) throws -> [Present] {
        let comparison = Comparison(
            of: listing,
            with: cache?.listing ?? Listing(),
            bound: cache?.bound ?? 0
        )
        var previous: [TreeFile] = []
        if let cache { try store.forEachTreeFile(of: cache.version) { previous.append($0) } }
        guard previous.count == comparison.oldFileCount else {
            throw WorkspaceError(
                "\(path.shown): the cache is of another tree: remove `workspace/` from the store"
            )
        }
        var present: [Present] = []
        for run in comparison.runs {
            for place in run.places {
                let file = previous[place]
                present.append(
                    Present(
                        path: file.path,
                        isFile: true,
                        isExecutable: file.isExecutable,
                        byteCount: file.byteCount,
                        digest: file.digest,
                        isUnchanged: true
                    )
                )
            }
        }
        for found in comparison.found {
            let bytes = listing.path(of: found.item, in: found.directory)
            // What is not UTF-8 is in no version, so it is in no version's way.
            guard let treePath = String(validating: bytes, as: UTF8.self) else { continue }
            let item = listing.items[found.item]
            let old = found.old.map { previous[$0.place] }
            let isFile = item.form == .file
            var digest: Digest?
            if isFile, let old, Int(item.stamp.byteCount) == old.byteCount {
                digest = try FileDigest.of(file(treePath, form))
            }
            present.append(
                Present(
                    path: treePath,
                    isFile: isFile,
                    isExecutable: item.stamp.isExecutable,
                    byteCount: Int(item.stamp.byteCount),
                    digest: digest,
                    isUnchanged: digest != nil && digest == old?.digest
                )
            )
        }
        return present.sorted { TreePath.precedes($0.path, $1.path) }
    }

    private func digest(
        of file: Present,
        _ entry: TreeEntry,
        _ form: Pointer.Form
    ) throws -> Digest? {
        if let digest = file.digest { return digest }
        guard file.byteCount == entry.byteCount else { return nil }
        return try FileDigest.of(self.file(file.path, form))
    }

    /// A file or a link where a directory should be, and a directory where a file should be.
    private func refuseObstacles(
        to entries: [TreeEntry],
        _ present: [Present],
        removed: Set<String>,
        _ force: Bool
    ) throws {
        if force { return }
        let obstacles = Set(present.map(\.path)).subtracting(removed)
        var checked = Set<String>()
        for entry in entries {
            var parent = entry.path[...]
            while let slash = parent.utf8.lastIndex(of: UInt8(ascii: "/")) {
                parent = parent[..<slash]
                guard checked.insert(String(parent)).inserted else { break }
                if obstacles.contains(String(parent)) { throw inTheWay(String(parent)) }
            }
            let file = "\(path.absolute)/\(entry.path)"
            if try Files.entry(at: file) == .directory {
                let inside = present.filter { $0.path.hasPrefix("\(entry.path)/") }
                guard inside.allSatisfy({ removed.contains($0.path) }) else {
                    throw inTheWay(entry.path)
                }
            }
        }
    }

    private func inTheWay(_ path: String) -> WorkspaceError {
        WorkspaceError(
            "\(self.path.shown): '\(path)' is not what was checked out: add it, move it away, or "
                + "use --force to replace it; nothing was written"
        )
    }

    /// Directories that held only removed files; one that still holds something stays.
    private func removeEmptyDirectories(after removed: [String]) throws {
        var directories = Set<String>()
        for file in removed {
            var parent = file[...]
            while let slash = parent.utf8.lastIndex(of: UInt8(ascii: "/")) {
                parent = parent[..<slash]
                directories.insert(String(parent))
            }
        }
        for directory in directories.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            let path = "\(path.absolute)/\(directory)"
            guard try Files.entry(at: path) == .directory else { continue }
            guard unsafe rmdir(path) == 0 || errno == ENOTEMPTY || errno == EEXIST else {
                throw FileError.last("remove", path)
            }
        }
    }

    /// Takes the stamps of what was just written or found right.
    ///
    /// The kernel's clock moves in ticks: only what is older than the current one is proved.
    private func rememberCheckout(of version: Digest, _ target: [TreeEntry]) throws {
        guard let (listing, _) = try DirectoryWalk.list(path.absolute) else { return }
        let newest = listing.items.reduce(0) { max($0, $1.stamp.changed, $1.stamp.modified) }
        let start = StatCache.now()
        var bound = start
        // A tick is at most 10 ms; a file from the future is simply not proved.
        while bound <= newest, bound - start < 20_000_000 {
            usleep(1000)
            bound = StatCache.now()
        }
        var builder = ListingBuilder()
        for entry in target { try builder.append(entry.path) }
        var known = builder.finish()
        for found in Comparison(of: listing, with: known, bound: 0).found {
            guard let old = found.old, listing.items[found.item].form == .file else { continue }
            known.items[old.item].stamp = listing.items[found.item].stamp
        }
        try write(StatCache(version: version, bound: bound, listing: known))
    }
}
