// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// What an OCI image layout is made of (image-spec 1.1, `image-layout.md`).
enum ObjectName: Hashable, Sendable {
    case layout
    case index
    case blob(Digest)

    var path: String {
        switch self {
        case .layout: "oci-layout"
        case .index: "index.json"
        case .blob(let digest): "blobs/sha256/\(digest.hex)"
        }
    }
}

/// A small object as it was read.
struct StoredObject: Sendable {
    let bytes: [UInt8]
    /// Differs between any two states of the object; only its own store reads it.
    let version: String
}

/// A place that keeps objects by name: a directory or a bucket.
///
/// A blob that `put` returned for outlasts a power cut once an index was replaced after it.
protocol ObjectStore: Sendable {
    /// An object of at most `limit` bytes; nil where there is none.
    func read(_ object: ObjectName, limit: Int) async throws -> StoredObject?

    func byteCount(of object: ObjectName) async throws -> Int?

    /// Keeps a blob; readers see all of it or nothing.
    func put(_ blob: OutgoingBlob) async throws

    /// Replaces the index where it still has the version that was read (nil: is not there); false,
    /// and nothing done, where somebody else was faster.
    func replaceIndex(with bytes: [UInt8], expecting version: String?) async throws -> Bool

    func download(
        _ digest: Digest,
        bytes: Range<Int>,
        receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws

    func shutdown() async throws
}
