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
    /// Manifests whose needs are known.
    private var walked = Set<Digest>()
    private let store: Store

    package init(in store: Store) { self.store = store }

    /// Adds manifests that must be here, with all they name: the chunks of a version's tree, the
    /// manifests of an index.
    ///
    /// - Throws: `StoreError` when one is missing or cannot be walked: then nobody knows what it
    ///   needs.
    package mutating func add(manifests: some Sequence<Digest>) throws {
        var pending = Array(manifests)
        while let digest = pending.popLast() {
            guard !walked.contains(digest) else { continue }
            guard store.blobs.contains(digest) else {
                throw Self.unknownNeeds(of: digest, store.blobs.missing(digest))
            }
            walked.insert(digest)
            blobs.insert(digest)
            guard let document = try document(digest) else { continue }
            keep(Self.descriptors(["config", "layers", "blobs"], of: document))
            // An index may name manifests that were never pushed.
            pending += Self.descriptors(["manifests"], of: document).filter(store.blobs.contains)
            try addTree(of: digest, document)
        }
    }

    /// Adds blobs that are here, with nothing that they name.
    package mutating func keep(_ digests: some Sequence<Digest>) {
        for digest in digests where !blobs.contains(digest) && store.blobs.contains(digest) {
            blobs.insert(digest)
        }
    }

    /// Adds blobs that something mentions, with the blobs that these name where they are manifests.
    ///
    /// What is mentioned may be anything, also what a stranger wrote, so that no tree is walked.
    package mutating func add(mentioned digests: some Sequence<Digest>) throws {
        for digest in digests where !blobs.contains(digest) && store.blobs.contains(digest) {
            blobs.insert(digest)
            guard let document = try document(digest) else { continue }
            keep(Self.descriptors(["config", "layers", "blobs"], of: document))
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

    private static func descriptors(_ members: [String], of document: JSONValue) -> [Digest] {
        members.flatMap { member in document[member]?.array ?? [document[member]].compactMap { $0 }
        }
        .compactMap { $0["digest"]?.string }
        .compactMap { try? Digest(parsing: $0) }
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
