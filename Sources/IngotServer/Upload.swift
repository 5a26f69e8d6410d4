// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import IngotStore
internal import NIOCore
internal import Synchronization

/// A blob that a client sends in one request or several.
///
/// ```
/// idle ──claim──▶ busy ──release──▶ idle
///                   ├── take ──▶ ended: a blob, or bytes with another digest
///                   └── a failed write ──▶ ended
/// ```
///
/// The bytes of one whose id the client knows are in `uploads/` and outlive connection and process:
/// the next one finds them by id and repository. Others are in `incoming/`.
final class Upload: Sendable {
    let id: String
    let repository: RepositoryName

    private struct State {
        var isBusy = false
        var byteCount = 0
        var touched = ContinuousClock.now
    }

    private let store: BlobStore
    private let writer: Mutex<BlobWriter?>
    private let state: Mutex<State>

    private init(
        _ id: String,
        _ repository: RepositoryName,
        _ store: BlobStore,
        _ open: sending BlobWriter
    ) {
        self.id = id
        self.repository = repository
        self.store = store
        state = Mutex(State(byteCount: open.byteCount))
        writer = Mutex(open)
    }

    /// A resumable one is one whose id the client learns before it sends the bytes.
    static func begin(
        in repository: RepositoryName,
        of store: BlobStore,
        isResumable: Bool
    ) throws -> Upload {
        let id = Hex.encode(try SecureRandom.bytes(idByteCount))
        let writer =
            try isResumable ? store.keptWriter(fileName(id, repository)) : store.writer()
        return Upload(id, repository, store, writer)
    }

    /// The upload that an earlier process began; nil where there is none.
    static func resume(
        _ id: String,
        in repository: RepositoryName,
        of store: BlobStore
    ) throws -> Upload? {
        // A client's text becomes the name of a file.
        guard let bytes = Hex.decode(id), bytes.count == idByteCount, Hex.encode(bytes) == id,
            let writer = try store.resumedWriter(fileName(id, repository))
        else { return nil }
        return Upload(id, repository, store, writer)
    }

    private static let idByteCount = 16

    /// It says by itself which repository the upload belongs to, which may be a long name.
    private static func fileName(_ id: String, _ repository: RepositoryName) -> String {
        "\(id)-\(Digest.of(repository.text).hex)"
    }

    /// Removes what arrived, unless it became a blob.
    func discard() { store.discardKept(Self.fileName(id, repository)) }

    /// Bytes that arrived so far.
    var byteCount: Int { state.withLock(\.byteCount) }

    var location: String { "/v2/\(repository)/blobs/uploads/\(id)" }

    /// What a client needs to go on.
    var headers: [(String, String)] {
        let count = byteCount
        return [
            ("Location", location), ("Range", "0-\(max(0, count - 1))"),
            ("Docker-Upload-UUID", id), ("OCI-Chunk-Min-Length", "1"),
        ]
    }

    func isStale(after idle: Duration) -> Bool {
        state.withLock { !$0.isBusy && ContinuousClock.now - $0.touched > idle }
    }

    /// One request at a time writes.
    func claim() throws(RegistryError) {
        let isFree = state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy
        }
        guard isFree else {
            throw RegistryError(
                .blobUploadInvalid,
                "upload \(id): another request is writing to it: ask for its state and go on there",
                status: .conflict
            )
        }
    }

    func release() {
        state.withLock {
            $0.isBusy = false
            $0.touched = .now
        }
    }

    /// 64 MiB, a tenth of a second: others' work goes on in between.
    private static let readingStep = 64 << 20

    /// Hashes a part of what an earlier process left.
    ///
    /// - Returns: whether all of it is hashed.
    func readWritten() throws -> Bool {
        try writer.withLock { writer in
            guard let open = writer else { throw ended }
            do {
                return try open.readWritten(limit: Self.readingStep)
            } catch {
                writer = nil
                throw error
            }
        }
    }

    /// After a failure the upload is of no use: how much was written is not known.
    func append(_ buffers: [ByteBuffer]) throws {
        try writer.withLock { writer in
            guard let open = writer else { throw ended }
            do {
                for buffer in buffers {
                    try unsafe buffer.withUnsafeReadableBytes { try unsafe open.write($0) }
                }
            } catch {
                writer = nil
                throw error
            }
            let count = open.byteCount
            state.withLock {
                $0.byteCount = count
                $0.touched = .now
            }
        }
    }

    /// Ends the upload with what `body` makes of its bytes.
    func end<Value: Sendable>(_ body: (BlobWriter) throws -> Value) throws -> Value {
        try writer.withLock { writer in
            guard let open = writer else { throw ended }
            writer = nil
            return try body(open)
        }
    }

    private var ended: RegistryError {
        RegistryError(.blobUploadUnknown, "upload \(id): it has ended: begin a new one")
    }
}

/// The uploads that were begun, by their ids.
final class UploadTable: Sendable {
    private let limits: RegistryLimits
    private let store: BlobStore
    private let uploads = Mutex<[String: Upload]>([:])
    /// One at a time opens what an earlier process left.
    private let resumption = Mutex<Void>(())

    init(limits: RegistryLimits, store: BlobStore) {
        self.limits = limits
        self.store = store
    }

    func add(_ upload: Upload) throws(RegistryError) {
        closeIdle()
        let isAdded = uploads.withLock { uploads in
            guard uploads.count < limits.uploadCount else { return false }
            uploads[upload.id] = upload
            return true
        }
        guard isAdded else {
            throw RegistryError(
                .tooManyRequests,
                "\(limits.uploadCount) uploads are open: try again when some have ended",
                headers: [("Retry-After", "30")]
            )
        }
    }

    func find(_ id: String, in repository: RepositoryName) throws -> Upload {
        if let upload = known(id, in: repository) { return upload }
        return try resumption.withLock { _ in
            if let upload = known(id, in: repository) { return upload }
            guard let upload = try Upload.resume(id, in: repository, of: store) else {
                throw RegistryError(
                    .blobUploadUnknown,
                    "upload \(id): not known here: begin a new one"
                )
            }
            try add(upload)
            return upload
        }
    }

    private func known(_ id: String, in repository: RepositoryName) -> Upload? {
        uploads.withLock { $0[id] }.flatMap { $0.repository == repository ? $0 : nil }
    }

    func remove(_ upload: Upload) {
        uploads.withLock { $0[upload.id] = nil }
        upload.discard()
    }

    /// Closes what nobody writes to; where the client may go on, its bytes stay as long as those
    /// that a server left.
    private func closeIdle() {
        uploads.withLock { uploads in
            uploads = uploads.filter { !$0.value.isStale(after: limits.uploadIdle) }
        }
    }

    /// Closes what nobody writes to, and removes what nobody came back to.
    func clean() throws {
        closeIdle()
        try store.removeStaleUploads()
    }

    func cancel(_ id: String, in repository: RepositoryName) throws {
        let upload = try find(id, in: repository)
        try upload.claim()
        remove(upload)
    }

    func state(of id: String, in repository: RepositoryName) throws -> Reply {
        Reply(.noContent, try find(id, in: repository).headers)
    }
}
