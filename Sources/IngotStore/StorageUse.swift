// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// How many bytes files have, and how many they take: trees, manifests and statements left out.
package struct StorageUse: Sendable, Hashable {
    /// As files.
    package var byteCount = 0
    /// Each content once.
    package var distinctByteCount = 0
    /// As they lie in packs and blobs.
    package var storedByteCount = 0

    package var deduplicationSaved: Int { byteCount - distinctByteCount }
    package var compressionSaved: Int { distinctByteCount - storedByteCount }
}

/// Counts what versions take and share.
package struct StorageSurvey {
    private struct Content {
        let byteCount: Int
        let storedByteCount: Int
        /// The index of the only version that has it; -1 when several do.
        var owner: Int
    }

    private let store: Store
    private var contents: [Digest: Content] = [:]
    private var versions: [(version: Digest, use: StorageUse)] = []

    package init(_ store: Store) { self.store = store }

    /// Takes in a version; the same one again changes nothing.
    package mutating func add(_ version: Digest) throws {
        guard !versions.contains(where: { $0.version == version }) else { return }
        let index = versions.count
        var use = StorageUse()
        var seen = Set<Digest>()
        var pending: [ChunkReference] = []
        try store.forEachFile(of: version) { file in
            use.byteCount += file.byteCount
            switch file.content {
            case .chunks(let chunks): pending += chunks.filter { seen.insert($0.digest).inserted }
            case .raw(let digest):
                guard seen.insert(digest).inserted else { return }
                take(digest, file.byteCount, stored: file.byteCount, index, &use)
            }
            if pending.count >= 4096 { try takeChunks(&pending, index, &use) }
        }
        try takeChunks(&pending, index, &use)
        versions.append((version, use))
    }

    private mutating func takeChunks(
        _ chunks: inout [ChunkReference],
        _ index: Int,
        _ use: inout StorageUse
    ) throws {
        let places = try store.index.locations(of: chunks.map(\.digest))
        for chunk in chunks {
            // A chunk that is missing takes nothing; `fsck` tells of it.
            let stored = places[chunk.digest]?.storedByteCount ?? 0
            take(chunk.digest, chunk.byteCount, stored: stored, index, &use)
        }
        chunks = []
    }

    private mutating func take(
        _ digest: Digest,
        _ byteCount: Int,
        stored: Int,
        _ index: Int,
        _ use: inout StorageUse
    ) {
        use.distinctByteCount += byteCount
        use.storedByteCount += stored
        if contents[digest] != nil {
            contents[digest]?.owner = -1
        } else {
            contents[digest] = Content(byteCount: byteCount, storedByteCount: stored, owner: index)
        }
    }

    /// Of one version that was taken in.
    package func use(of version: Digest) -> StorageUse? {
        versions.first { $0.version == version }?.use
    }

    /// What would go with each version, in the order they were taken in: stored bytes.
    package var exclusiveByteCounts: [(version: Digest, byteCount: Int)] {
        var counts = [Int](repeating: 0, count: versions.count)
        for content in contents.values where content.owner >= 0 {
            counts[content.owner] += content.storedByteCount
        }
        return zip(versions, counts).map { ($0.version, $1) }
    }

    /// Of all versions together.
    package var total: StorageUse {
        var total = StorageUse()
        total.byteCount = versions.reduce(0) { $0 + $1.use.byteCount }
        for content in contents.values {
            total.distinctByteCount += content.byteCount
            total.storedByteCount += content.storedByteCount
        }
        return total
    }
}
