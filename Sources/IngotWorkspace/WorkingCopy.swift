// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotFiles
package import IngotStore

/// Some data beside its pointer, and what is known of it without reading it.
///
/// Invariant: the stat cache is written last, for a version that is complete, with stamps taken
/// before the files were read: a cache that is lost or late costs time, never an answer.
package struct WorkingCopy: Sendable {
    package let path: DataPath
    let store: Store
    private let cacheFile: String
    /// Locked with `flock` by the one checkout of this data that runs.
    private let lockFile: String
    private let isNamed: @Sendable (Digest) throws -> Bool

    /// `isNamed` says whether a version is one of a repository.
    ///
    /// Only such a version is known to be whole: what nothing names may be collected, and an add
    /// that was killed may have written part of it again.
    package init(
        _ path: DataPath,
        store: Store,
        isNamed: @escaping @Sendable (Digest) throws -> Bool
    ) {
        self.path = path
        self.store = store
        self.isNamed = isNamed
        // A workspace that moves as a whole keeps its caches.
        let root = store.blobs.root
        let workspace = root.lastIndex(of: "/").map { root[...$0] } ?? ""
        let name =
            !workspace.isEmpty && path.absolute.hasPrefix(workspace)
            ? String(path.absolute.dropFirst(workspace.count)) : path.absolute
        let file = "\(root)/workspace/\(Digest.of(name).hex.prefix(32))"
        (cacheFile, lockFile) = ("\(file).stat", "\(file).lock")
    }

    /// The cache, when its version is still in the store.
    func cache() -> StatCache? {
        guard let cache = StatCache.read(cacheFile), store.blobs.keeps(cache.version),
            (try? isNamed(cache.version)) == true
        else { return nil }
        return cache
    }

    func write(_ cache: StatCache) throws {
        do {
            try Files.makeDirectories("\(store.blobs.root)/workspace")
            try cache.write(to: cacheFile)
        } catch is FileError {
            // A full or read-only disk must not keep anybody from reading a version: without the
            // cache, files are read that need not be.
        }
    }

    /// The lock of a checkout.
    ///
    /// Nil where the store cannot be written: nobody else can take it there either.
    func lockForCheckout() throws -> FileLock? {
        let lock: FileLock?
        do {
            try Files.makeDirectories("\(store.blobs.root)/workspace")
            lock = try FileLock(at: lockFile)
        } catch is FileError { return nil }
        guard let lock else {
            throw WorkspaceError(
                "\(path.shown): another checkout of it runs: try again when it has ended"
            )
        }
        return lock
    }

    /// Where a file of the listing lies.
    func file(_ treePath: String, _ form: Pointer.Form) -> String {
        form == .file ? path.absolute : "\(path.absolute)/\(treePath)"
    }
}
