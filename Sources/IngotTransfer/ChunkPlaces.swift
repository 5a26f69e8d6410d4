// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotRemote
internal import IngotStore

/// Where chunks of a version lie elsewhere; a pack's directory is read when no other names a chunk.
struct ChunkPlaces {
    struct Place {
        let pack: Descriptor
        let entry: PackDirectory.Entry
    }

    /// Packs whose directories are asked for together.
    private static let groupCount = 4

    private let packs: RemotePacks
    private let version: Digest
    /// The packs whose directories were not read yet.
    private var unread: [Descriptor]
    private var places: [Digest: Place] = [:]
    /// Packs that are listed and not there.
    private var missing: [Digest] = []

    init(packs: RemotePacks, of version: Digest, unread: [Descriptor] = []) {
        self.packs = packs
        self.version = version
        self.unread = unread
    }

    mutating func add(_ listed: RemotePacks.Listed) {
        guard let directory = listed.directory else { return missing.append(listed.pack.digest) }
        for entry in directory.entries {
            places[entry.chunk] = Place(pack: listed.pack, entry: entry)
        }
    }

    /// - Throws: `RemoteError` for a chunk that no pack of the version holds.
    mutating func find(_ chunks: some Collection<Digest>) async throws -> [Place] {
        while !unread.isEmpty, chunks.contains(where: { places[$0] == nil }) {
            let next = Array(unread.suffix(Self.groupCount))
            unread.removeLast(next.count)
            for listed in try await packs.listed(next) { add(listed) }
        }
        return try chunks.map { chunk in
            guard let place = places[chunk] else {
                throw RemoteError(
                    .untrue,
                    "\(packs.remote.name): chunk \(chunk) of \(version) is in none of its packs"
                        + "\(missing.first.map { ", of which \($0) is not there" } ?? ""): push it "
                        + "there again"
                )
            }
            return place
        }
    }
}
