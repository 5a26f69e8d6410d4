// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotFiles

extension Store {
    /// Reads every byte of the store and lists what is wrong; changes nothing.
    ///
    /// Each blob is hashed, each pack's chunks are decoded and hashed, each manifest's tree is
    /// walked, each chunk of its files looked up. `manifests` are versions that must be there
    /// because the catalog names them, `namedBlobs` are other blobs and manifests of that kind,
    /// `evidence` are blobs that statements rest on. A version that nothing names may lack
    /// anything: its making or its removal was interrupted. Others may write and collect meanwhile.
    package func check(
        manifests: [Digest] = [],
        blobs namedBlobs: [Digest] = [],
        evidence: Set<Digest> = [],
        progress: StoreProgress.Report = { _ in }
    ) throws -> [Damage] {
        var check = StoreCheck(store: self)
        try check.checkBlobs(progress)
        try check.findLostPacks()
        let named = check.manifests.intersection(namedBlobs).union(manifests)
        for manifest in named.sorted() { try check.checkVersion(manifest) }
        for blob in namedBlobs { try check.checkNamed(blob, by: "the catalog") }
        for blob in evidence.sorted() { try check.checkNamed(blob, by: "a statement") }
        check.checkLostPacks()
        return check.damage
    }

    /// Makes the chunk index anew from the packs among the blobs.
    ///
    /// Returns the number of packs.
    package func rebuildIndex() throws -> Int {
        let whole = Set(try blobs.digests())
        try index.remove(packs: index.packs().filter { !whole.contains($0) })
        var count = 0
        for digest in whole.sorted() where blobs.keeps(digest) {
            guard let directory = try packDirectory(of: digest) else { continue }
            try index.add(directory, of: digest)
            count += 1
        }
        return count
    }

    /// Nil for a blob that is not a pack.
    package func packDirectory(of blob: Digest) throws -> PackDirectory? {
        let handle = try blobs.open(blob)
        return try PackDirectory(packByteCount: try handle.status().byteCount) { count, offset in
            try handle.read(count, at: offset)
        }
    }
}

private struct StoreCheck {
    /// Blobs between two reports of progress.
    private static let groupCount = 16

    let store: Store
    private let chunks: ChunkReader
    private(set) var damage: [Damage] = []
    /// Manifests of versions found among the blobs.
    private(set) var manifests = Set<Digest>()
    /// Blobs that are whole.
    private var whole = Set<Digest>()
    private var reported = Set<Digest>()
    /// Packs that the index names and that are not there.
    private var lostPacks = Set<Digest>()

    init(store: Store) {
        self.store = store
        chunks = ChunkReader(store: store)
    }

    private mutating func report(_ digest: Digest, _ problem: String, _ remedy: String) {
        guard reported.insert(digest).inserted else { return }
        damage.append(Damage(object: .blob(digest), problem: problem, remedy: remedy))
    }

    private func replacement(of digest: Digest) -> String {
        "remove \(store.blobs.path(of: digest)), then pull it or add its content again"
    }

    mutating func checkBlobs(_ report: StoreProgress.Report) throws {
        let digests = try store.blobs.digests()
        var byteCount = 0
        // One that cannot be read is reported below, or was collected.
        for digest in digests { byteCount += (try? store.blobs.byteCount(of: digest)) ?? 0 }
        var progress = StoreProgress(fileCount: digests.count, byteCount: byteCount)
        for start in stride(from: 0, to: digests.count, by: Self.groupCount) {
            let group = Array(digests[start..<min(start + Self.groupCount, digests.count)])
            let inspections = try Self.inspect(group, in: store, chunks)
            for (digest, inspection) in zip(group, inspections) {
                if inspection.problem == nil || store.blobs.contains(digest) {
                    record(inspection, of: digest)
                }
                progress.filesDone += 1
                progress.bytesDone += inspection.byteCount
            }
            try report(progress)
        }
        for name in try store.blobs.strangeNames() {
            damage.append(
                Damage(
                    object: .file("\(store.blobs.layout.blobs)/\(name)"),
                    problem: "not the name of a blob",
                    remedy: "move it out of the store"
                )
            )
        }
    }

    private static func inspect(
        _ digests: [Digest],
        in store: Store,
        _ chunks: ChunkReader
    ) throws -> [BlobInspection] {
        try Parallel.map(digests.count) { BlobInspection(of: digests[$0], in: store, chunks) }
    }

    private mutating func record(_ inspection: BlobInspection, of digest: Digest) {
        if let problem = inspection.problem {
            report(digest, problem, replacement(of: digest))
        } else {
            whole.insert(digest)
            if inspection.isVersion { manifests.insert(digest) }
        }
    }

    mutating func findLostPacks() throws {
        let missing = try store.index.packs().filter { try !isWhole($0) }
        // One that was collected meanwhile has left the index as well.
        lostPacks = try missing.isEmpty ? [] : Set(missing).intersection(store.index.packs())
    }

    /// Those that a version needs were reported with it.
    mutating func checkLostPacks() {
        for pack in lostPacks.sorted() {
            report(
                pack,
                "a pack that the index names is missing, and no version needs it",
                "run `ingot fsck --rebuild-index`"
            )
        }
    }

    /// Damage of the version itself is reported only where no damaged blob explains it.
    mutating func checkVersion(_ digest: Digest) throws {
        guard try require(digest, "the manifest of a version is missing") else { return }
        do {
            let manifest = try store.manifest(digest)
            for blob in [manifest.config] + manifest.layers {
                _ = try require(blob.digest, "named by version \(digest), but missing")
            }
            guard let root = manifest.layers.first, root.mediaType == .tree,
                whole.contains(root.digest)
            else { return }
            var reader = TreeReader(store: store, chunks: chunks)
            let walker = reader
            try reader.forEach(in: manifest) { entry in
                if entry.content == .raw {
                    _ = try require(entry.digest, "file '\(entry.path)' of \(digest), but missing")
                } else {
                    try checkChunks(try walker.chunkReferences(of: entry), of: entry.path, digest)
                }
            }
        } catch let error as StoreError {
            for pack in lostPacks where error.message.contains(pack.description) {
                _ = try require(pack, "a pack with chunks of version \(digest) is missing")
            }
            let isExplained = reported.contains { error.message.contains($0.description) }
            guard !isExplained else { return }
            damage.append(
                Damage(
                    object: .version(digest),
                    problem: error.message,
                    remedy: "pull it or add its content again"
                )
            )
        }
    }

    private mutating func checkChunks(
        _ references: [ChunkReference],
        of path: String,
        _ version: Digest
    ) throws {
        let places = try store.index.locations(of: references.map(\.digest))
        for reference in references {
            guard let place = places[reference.digest] else {
                throw StoreError(
                    "file '\(path)': chunk \(reference.digest) is in no pack that the index knows"
                )
            }
            _ = try require(place.pack, "the pack with chunks of '\(path)' is missing")
        }
    }

    /// A blob that came since the others were read is read now.
    private mutating func isWhole(_ digest: Digest) throws -> Bool {
        if !whole.contains(digest), !reported.contains(digest), store.blobs.contains(digest) {
            record(BlobInspection(of: digest, in: store, chunks), of: digest)
        }
        return whole.contains(digest)
    }

    mutating func checkNamed(_ digest: Digest, by whom: String) throws {
        _ = try require(digest, "named by \(whom), but missing")
    }

    /// Reports a blob that is not whole, unless it was reported as damaged before.
    private mutating func require(_ digest: Digest, _ problem: String) throws -> Bool {
        if try isWhole(digest) { return true }
        report(digest, problem, "pull it or add its content again")
        return false
    }
}
