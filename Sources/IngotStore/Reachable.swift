// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The blobs and chunks that some digests lead to: a manifest to all it names, a version's tree to
/// its chunks.
///
/// A digest that names no blob of the store leads nowhere: much that is stated names bytes that
/// were never here.
package struct Reachable {
    package private(set) var blobs = Set<Digest>()
    package private(set) var chunks = Set<Digest>()
    private let store: Store

    package init(in store: Store) { self.store = store }

    /// - Throws: `StoreError` when a version cannot be walked, or a required blob is not there: then
    ///   nobody knows what it needs.
    package mutating func add(_ roots: some Sequence<Digest>, areRequired: Bool = false) throws {
        for root in roots {
            if areRequired, !blobs.contains(root), !store.blobs.contains(root) {
                throw Self.unknownNeeds(of: root, store.blobs.missing(root))
            }
            try add(root)
        }
    }

    private mutating func add(_ root: Digest) throws {
        var pending = [root]
        while let digest = pending.popLast() {
            guard !blobs.contains(digest), store.blobs.contains(digest) else { continue }
            blobs.insert(digest)
            guard let document = try document(digest) else { continue }
            pending += Self.named(in: document)
            try addTree(of: digest, document)
        }
    }

    /// Nil for a blob that is no JSON object, or too large to be a manifest.
    private func document(_ digest: Digest) throws -> JSONValue? {
        guard try store.blobs.byteCount(of: digest) <= Manifest.byteLimit else { return nil }
        do {
            let bytes = try store.blobs.read(digest, limit: Manifest.byteLimit)
            guard bytes.first == UInt8(ascii: "{") else { return nil }
            return try? JSONValue(parsing: bytes)
        } catch let error as StoreError { throw Self.unknownNeeds(of: digest, error) }
    }

    /// What a manifest or an index names, by OCI's members.
    private static func named(in document: JSONValue) -> [Digest] {
        let descriptors =
            [document["config"]].compactMap { $0 }
            + ["layers", "manifests", "blobs"].flatMap { document[$0]?.array ?? [] }
        return descriptors.compactMap { $0["digest"]?.string }.compactMap {
            try? Digest(parsing: $0)
        }
    }

    private mutating func addTree(of digest: Digest, _ document: JSONValue) throws {
        let first = document["layers"]?.array?.first
        guard first?["mediaType"]?.string == MediaType.tree.text else { return }
        var chunks = self.chunks
        self.chunks = []
        var blobs = self.blobs
        self.blobs = []
        defer { (self.chunks, self.blobs) = (chunks, blobs) }
        do {
            try store.forEachChunk(of: store.manifest(digest), raw: { blobs.insert($0) }) {
                chunks.insert($0)
            }
        } catch let error as StoreError { throw Self.unknownNeeds(of: digest, error) }
    }

    private static func unknownNeeds(of digest: Digest, _ error: StoreError) -> StoreError {
        StoreError(
            "\(digest) cannot be read, so nobody knows what it needs and nothing is removed: "
                + error.message
        )
    }
}
