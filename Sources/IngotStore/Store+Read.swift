// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotFiles

extension Store {
    /// All files of a version, in order of their paths.
    package func readTree(of manifest: Digest) throws -> [TreeEntry] {
        var entries: [TreeEntry] = []
        try forEachFile(of: manifest) { entries.append($0) }
        return entries
    }

    /// The files of a version one by one, for trees that should not be held in memory.
    package func forEachFile(
        of manifest: Digest,
        _ body: (TreeEntry) throws -> Void
    ) throws {
        var reader = TreeReader(store: self, chunks: ChunkReader(store: self))
        let walker = reader
        try reader.forEach(in: try self.manifest(manifest)) { try body(walker.entry($0)) }
    }

    /// The whole content of a file, checked.
    ///
    /// - Throws: `StoreError` when it has more than `limit` bytes, or is missing or damaged.
    package func readFile(_ entry: TreeEntry, limit: Int = 1 << 30) throws -> [UInt8] {
        guard entry.byteCount <= limit else {
            throw StoreError(
                "file '\(entry.path)': \(entry.byteCount) bytes, where at most \(limit) are "
                    + "expected"
            )
        }
        var content: [UInt8] = []
        content.reserveCapacity(entry.byteCount)
        try withContent(of: entry) { content += $0 }
        return content
    }

    /// Hands out the content piece by piece, each checked before it is handed out; a raw file's
    /// digest is known only at its end.
    package func withContent(
        of entry: TreeEntry,
        _ body: ([UInt8]) throws -> Void
    ) throws {
        let content = FileContent(store: self)
        try content.read(entry, places: try content.places(of: [entry]), body)
    }

    /// Where a raw file lies as it is, to be mapped; nil for a file in chunks.
    package func rawPath(_ entry: TreeEntry) -> String? {
        guard case .raw(let digest) = entry.content else { return nil }
        return blobs.keeps(digest) ? blobs.path(of: digest) : blobs.layout.condemned(digest)
    }
}
