// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotStore
internal import NIOCore
internal import Synchronization

/// A blob that a client sends in one request or several.
///
/// ```
/// idle ──lease──▶ busy ──release──▶ idle
///                   ├── take ──▶ ended: a blob, or bytes with another digest
///                   └── a failed write ──▶ ended
/// ```
///
/// Its bytes are in `incoming/` and go away with it; they outlive a connection, not the process.
final class Upload: Sendable {
    let id: String
    let repository: RepositoryName

    private struct State {
        var isBusy = false
        var byteCount = 0
        var touched = ContinuousClock.now
    }

    private let writer: Mutex<BlobWriter?>
    private let state = Mutex(State())

    init(id: String, repository: RepositoryName, store: BlobStore) throws {
        self.id = id
        self.repository = repository
        writer = Mutex(try store.writer())
    }

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
    func lease() throws(RegistryError) {
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
    private let uploads = Mutex<[String: Upload]>([:])

    init(limits: RegistryLimits) { self.limits = limits }

    func add(_ upload: Upload) throws(RegistryError) {
        removeStale()
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

    func find(_ id: String, in repository: RepositoryName) throws(RegistryError) -> Upload {
        guard let upload = uploads.withLock({ $0[id] }), upload.repository == repository else {
            throw RegistryError(.blobUploadUnknown, "upload \(id): not known here: begin a new one")
        }
        return upload
    }

    func remove(_ upload: Upload) { uploads.withLock { $0[upload.id] = nil } }

    func removeStale() {
        uploads.withLock { uploads in
            uploads = uploads.filter { !$0.value.isStale(after: limits.uploadIdle) }
        }
    }

    func cancel(_ id: String, in repository: RepositoryName) throws(RegistryError) {
        let upload = try find(id, in: repository)
        try upload.lease()
        remove(upload)
    }

    func state(of id: String, in repository: RepositoryName) throws(RegistryError) -> Reply {
        Reply(.noContent, try find(id, in: repository).headers)
    }
}
