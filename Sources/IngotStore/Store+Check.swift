// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotFiles

extension Store {
    /// Reads every byte of the store and lists what is wrong; changes nothing.
    ///
    /// Each blob is hashed, each pack's chunks are decoded and hashed, each manifest's tree is
    /// walked, each chunk of its files looked up. `manifests` are versions that must be there
    /// because the catalog names them, `named` are other such blobs; versions found among the blobs
    /// are checked as well.
    package func check(
        manifests: [Digest] = [],
        blobs named: [Digest] = [],
        progress: StoreProgress.Report = { _ in }
    ) throws -> [Damage] {
        var check = StoreCheck(store: self)
        try check.checkBlobs(progress)
        try check.checkIndex()
        for manifest in Set(manifests).union(check.manifests).sorted() {
            try check.checkVersion(manifest)
        }
        for blob in named { check.checkNamed(blob) }
        try check.checkLeftovers()
        return check.damage
    }

    /// Makes the chunk index anew from the packs among the blobs.
    ///
    /// Returns the number of packs.
    package func rebuildIndex() throws -> Int {
        let whole = Set(try blobs.digests())
        for pack in try index.packs() where !whole.contains(pack) { try index.remove(pack: pack) }
        var count = 0
        for digest in whole.sorted() {
            guard let directory = try packDirectory(of: digest) else { continue }
            try index.add(directory, of: digest)
            count += 1
        }
        return count
    }

    /// Nil for a blob that is not a pack.
    func packDirectory(of blob: Digest) throws -> PackDirectory? {
        let handle = try blobs.open(blob)
        return try PackDirectory(packByteCount: try handle.status().byteCount) { count, offset in
            try handle.read(count, at: offset)
        }
    }
}

private struct StoreCheck {
    let store: Store
    private let chunks: ChunkReader
    private(set) var damage: [Damage] = []
    /// Manifests of versions found among the blobs.
    private(set) var manifests = Set<Digest>()
    /// Blobs that are whole.
    private var whole = Set<Digest>()
    private var reported = Set<Digest>()

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
        var progress = StoreProgress(
            fileCount: digests.count,
            byteCount: try digests.reduce(0) { $0 + (try store.blobs.byteCount(of: $1)) }
        )
        for digest in digests {
            try checkBlob(digest)
            progress.filesDone += 1
            progress.bytesDone += try store.blobs.byteCount(of: digest)
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

    private mutating func checkBlob(_ digest: Digest) throws {
        let handle = try store.blobs.open(digest)
        let hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count: Int
            do {
                count = try unsafe buffer.withUnsafeMutableBytes { try unsafe handle.fill($0) }
            } catch let error as FileError {
                report(digest, error.message, replacement(of: digest))
                return
            }
            if count == 0 { break }
            unsafe buffer.withUnsafeBytes {
                // Safe: `fill` filled `count` bytes of the buffer.
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
        guard hasher.finish() == digest else {
            report(digest, "its bytes have another digest", replacement(of: digest))
            return
        }
        whole.insert(digest)
        try checkPack(digest)
        if let manifest = try versionManifest(digest), manifest.layers.first?.mediaType == .tree {
            manifests.insert(digest)
        }
    }

    /// A pack with the right digest was written wrong when a chunk in it is not what it says.
    private mutating func checkPack(_ digest: Digest) throws {
        do {
            guard let directory = try store.packDirectory(of: digest) else { return }
            for entry in directory.entries {
                let reference = ChunkReference(digest: entry.chunk, byteCount: entry.byteCount)
                _ = try chunks.read(reference, at: entry.location(in: digest))
            }
        } catch let error as StoreError {
            report(digest, error.message, replacement(of: digest))
        }
    }

    private func versionManifest(_ digest: Digest) throws -> Manifest? {
        guard try store.blobs.byteCount(of: digest) <= Manifest.byteLimit else { return nil }
        let bytes = try store.blobs.read(digest, limit: Manifest.byteLimit)
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        do { return try Manifest(parsing: bytes) } catch { return nil }
    }

    mutating func checkIndex() throws {
        for pack in try store.index.packs() where !whole.contains(pack) {
            report(
                pack,
                "a pack that the index names is missing",
                "pull it or add its content again"
            )
        }
    }

    /// Damage of the version itself is reported only where no damaged blob explains it.
    mutating func checkVersion(_ digest: Digest) throws {
        guard require(digest, "the manifest of a version is missing") else { return }
        do {
            let manifest = try store.manifest(digest)
            for blob in [manifest.config] + manifest.layers {
                _ = require(blob.digest, "named by version \(digest), but missing")
            }
            guard let root = manifest.layers.first, root.mediaType == .tree,
                whole.contains(root.digest)
            else { return }
            var reader = TreeReader(store: store, chunks: chunks)
            let walker = reader
            try reader.forEach(in: manifest) { entry in
                if entry.content == .raw {
                    _ = require(entry.digest, "file '\(entry.path)' of \(digest), but missing")
                } else {
                    try checkChunks(try walker.chunkReferences(of: entry), of: entry.path, digest)
                }
            }
        } catch let error as StoreError {
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
            _ = require(place.pack, "the pack with chunks of '\(path)' is missing")
        }
    }

    mutating func checkNamed(_ digest: Digest) {
        _ = require(digest, "named by the catalog, but missing")
    }

    /// Reports a blob that is not whole, unless it was reported as damaged before.
    private mutating func require(_ digest: Digest, _ problem: String) -> Bool {
        if whole.contains(digest) { return true }
        report(digest, problem, "pull it or add its content again")
        return false
    }

    mutating func checkLeftovers() throws {
        for path in try store.blobs.staleSessions() {
            damage.append(
                Damage(
                    object: .file(path),
                    problem: "left by a process that died",
                    remedy: "open the store for writing: it is removed then"
                )
            )
        }
    }
}
