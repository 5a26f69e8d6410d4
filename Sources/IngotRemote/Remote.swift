// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// A place that holds published copies of versions: an OCI registry, or an OCI image layout in a
/// directory or a bucket.
///
/// Invariants that every kind keeps:
///
/// (1) Bytes before names: nothing here moves a tag or attaches a referrer for the caller; who
///     publishes sends blobs first, then manifests, then tags.
/// (2) Nothing is believed: a manifest is returned only when its bytes have the digest asked for; a
///     download hands out at most the bytes asked for, and whoever receives them checks them.
/// (3) What can be tried again is: lost connections, timeouts, 408, 429 and 5xx, with back-off and
///     jitter. Everything else is a `RemoteError` at once, in one line that says what to do.
package protocol Remote: Sendable {
    /// As the user wrote it, without credentials; for messages.
    var name: String { get }

    /// The manifest that a tag names; nil where there is no such tag or repository.
    func tag(_ tag: Tag, of repository: RepositoryName) async throws -> Descriptor?

    /// All tags of a repository, in order; none for an unknown one.
    func tags(of repository: RepositoryName) async throws -> [Tag]

    /// Names a manifest that is there already.
    ///
    /// - Throws: `RemoteError` `.conflict` when the tag does not name `expected` (nil: nothing) any
    ///   more. Where the remote knows no compare-and-swap the check is a read just before.
    func move(
        _ tag: Tag,
        of repository: RepositoryName,
        from expected: Digest?,
        to manifest: Descriptor
    ) async throws

    /// The bytes of a manifest of at most 4 MiB, checked against the digest; nil where it is
    /// missing.
    func manifest(_ digest: Digest, of repository: RepositoryName) async throws -> [UInt8]?

    /// Stores a manifest under its digest; with a `subject` in it, it becomes its referrer (by the
    /// referrers API, or the fallback tag where there is none).
    func putManifest(
        _ bytes: [UInt8],
        as descriptor: Descriptor,
        of repository: RepositoryName
    ) async throws

    /// The manifests whose `subject` is this one; none where nothing is known about it.
    func referrers(
        of subject: Digest,
        in repository: RepositoryName
    ) async throws -> [Descriptor]

    func hasBlob(_ digest: Digest, in repository: RepositoryName) async throws -> Bool

    /// Sends a blob, resuming where a lost connection allows it.
    ///
    /// A registry may take it from another repository it has it in (`mountedFrom`).
    func upload(
        _ blob: OutgoingBlob,
        to repository: RepositoryName,
        mountedFrom source: RepositoryName?
    ) async throws

    /// Hands out the bytes of a blob, or of a part of it, in order.
    ///
    /// A connection that is lost in the middle is resumed at the next byte. `receive` is never
    /// called at the same time by several threads.
    func download(
        _ digest: Digest,
        of repository: RepositoryName,
        bytes: Range<Int>,
        receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws

    /// Closes connections; the remote must not be used again.
    func shutdown() async throws
}

/// A blob to be sent, which can be read again from any place in it.
package struct OutgoingBlob: Sendable {
    package let digest: Digest
    package let byteCount: Int
    /// Exactly the bytes of a range.
    package let read: @Sendable (Range<Int>) throws -> [UInt8]

    package init(
        digest: Digest,
        byteCount: Int,
        read: @escaping @Sendable (Range<Int>) throws -> [UInt8]
    ) {
        self.digest = digest
        self.byteCount = byteCount
        self.read = read
    }
}
