// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import NIOHTTP1

/// Sending blobs: in one piece, or in chunks that a lost connection does not undo.
extension RegistryRemote {
    /// 64 MiB, a pack: what is larger is sent in chunks.
    private static let monolithicByteLimit = 64 << 20
    private static let chunkByteCount = 32 << 20
    /// What a registry may want as its smallest chunk.
    private static let chunkByteLimit = 1 << 30
    private static let restartLimit = 3

    func upload(
        _ blob: OutgoingBlob,
        to repository: RepositoryName,
        mountedFrom source: RepositoryName?
    ) async throws {
        var session: UploadSession?
        if let source {
            switch try await mount(blob, to: repository, from: source) {
            case .mounted: return
            case .started(let started): session = started
            case .refused: session = nil
            }
        }
        if blob.byteCount <= Self.monolithicByteLimit {
            try await sendWhole(blob, to: repository, session: session)
        } else {
            try await sendChunks(blob, to: repository, session: session)
        }
    }

    /// Where an upload goes on, and how large its chunks must be.
    struct UploadSession {
        var place: WebAddress
        var chunkByteCount = RegistryRemote.chunkByteCount
    }

    private enum Mounting {
        case mounted
        case started(UploadSession)
        case refused
    }

    private func uploads(_ repository: RepositoryName) throws -> WebAddress {
        try place("blobs/uploads/", of: repository)
    }

    private func mount(
        _ blob: OutgoingBlob,
        to repository: RepositoryName,
        from source: RepositoryName
    ) async throws -> Mounting {
        let (target, from) = (try scopeName(repository), try scopeName(source))
        let place = try uploads(repository)
            .appending(query: "mount=\(PercentEncoding.encode(blob.digest.description))")
            .appending(query: "from=\(PercentEncoding.encode(from.text))")
        let request = WebRequest(method: .POST, address: place)
        do {
            return try await exchange(request, .mount(target, from: from)) { reply in
                switch reply.status {
                case 201:
                    await reply.drain()
                    return .mounted
                case 202: return .started(try await self.session(reply))
                default:
                    await reply.drain()
                    return .refused
                }
            }
        } catch let error as RemoteError where error.reason == .denied {
            // No right to read there: it can still be sent.
            return .refused
        }
    }

    /// The place that an answer names; nothing is sent to one that is less safe than the registry.
    private func session(_ reply: WebReply) async throws -> UploadSession {
        await reply.drain()
        guard let location = reply.header("Location"),
            let place = reply.address.resolving(location),
            place.isSecure || !reply.address.isSecure
        else {
            throw RemoteError(
                .untrue,
                "\(name): names no place for an upload, or one without TLS"
            )
        }
        var session = UploadSession(place: place)
        if let least = reply.header("OCI-Chunk-Min-Length").flatMap({ Int($0) }) {
            session.chunkByteCount = min(
                max(session.chunkByteCount, least),
                Self.chunkByteLimit
            )
        }
        return session
    }

    private func start(_ repository: RepositoryName) async throws -> UploadSession {
        let request = WebRequest(method: .POST, address: try uploads(repository))
        return try await exchangeOnce(request, .push(try scopeName(repository))) { reply in
            guard reply.status == 202 else {
                throw await RegistryFault.error(reply, doing: "\(self.name): \(repository.text)")
            }
            return try await self.session(reply)
        }
    }

    private func finish(
        _ blob: OutgoingBlob,
        body: WebRequest.Body,
        at place: WebAddress,
        of repository: RepositoryName
    ) async throws {
        let digest = PercentEncoding.encode(blob.digest.description)
        let request = WebRequest(
            method: .PUT,
            address: place.appending(query: "digest=\(digest)"),
            headers: ["Content-Type": "application/octet-stream"],
            body: body
        )
        try await exchangeOnce(request, .push(try scopeName(repository))) { reply in
            guard reply.status == 201 || reply.status == 204 else {
                throw await RegistryFault.error(
                    reply,
                    doing: "\(self.name): blob \(blob.digest)"
                )
            }
            await reply.drain()
        }
    }

    private func sendWhole(
        _ blob: OutgoingBlob,
        to repository: RepositoryName,
        session: UploadSession?
    ) async throws {
        try await retry.run { attempt in
            // The last answer may have been lost, not the blob.
            if attempt > 0, try await hasBlob(blob.digest, in: repository) { return }
            let first = attempt == 0 ? session : nil
            let current: UploadSession
            if let first { current = first } else { current = try await start(repository) }
            try await finish(
                blob,
                body: .part(blob, 0..<blob.byteCount),
                at: current.place,
                of: repository
            )
        }
    }
}

/// Chunks.
extension RegistryRemote {
    private func sendChunks(
        _ blob: OutgoingBlob,
        to repository: RepositoryName,
        session first: UploadSession?
    ) async throws {
        var session = first
        var offset = 0
        var restarts = 0
        try await retry.run { attempt in
            let start = offset
            do {
                if attempt > 0, let lost = session {
                    (session, offset) = try await resume(lost, at: offset, repository) ?? (nil, 0)
                    if session == nil {
                        if try await hasBlob(blob.digest, in: repository) { return }
                        restarts += 1
                    }
                    guard restarts <= Self.restartLimit else {
                        throw RemoteError(
                            .failed,
                            "\(name): blob \(blob.digest): the registry loses its upload each time"
                        )
                    }
                }
                var current: UploadSession
                if let session {
                    current = session
                } else {
                    current = try await self.start(repository)
                }
                session = current
                while offset < blob.byteCount {
                    let range = offset..<min(offset + current.chunkByteCount, blob.byteCount)
                    current = try await send(blob, range, current, repository)
                    session = current
                    offset = range.upperBound
                }
                try await finish(blob, body: .none, at: current.place, of: repository)
            } catch var failure as TransientFailure {
                failure.madeProgress = offset > start
                throw failure
            }
        }
    }

    private func send(
        _ blob: OutgoingBlob,
        _ range: Range<Int>,
        _ session: UploadSession,
        _ repository: RepositoryName
    ) async throws -> UploadSession {
        let request = WebRequest(
            method: .PATCH,
            address: session.place,
            headers: [
                "Content-Type": "application/octet-stream",
                // Without `bytes`, as the specification has it.
                "Content-Range": "\(range.lowerBound)-\(range.upperBound - 1)",
            ],
            body: .part(blob, range)
        )
        return try await exchangeOnce(request, .push(try scopeName(repository))) { reply in
            let label = "\(self.name): blob \(blob.digest)"
            guard reply.status == 202 || reply.status == 204 else {
                let error = await RegistryFault.error(reply, doing: label)
                // Out of order, or gone: asking where the upload is settles both.
                if reply.status == 416 || reply.status == 404, let error = error as? RemoteError {
                    throw TransientFailure(error: error)
                }
                throw error
            }
            var next = try await self.session(reply)
            next.chunkByteCount = max(next.chunkByteCount, session.chunkByteCount)
            if let stated = reply.header("Range"), Self.end(of: stated) != range.upperBound {
                throw TransientFailure(
                    error: RemoteError(.untrue, "\(label): only a part of a chunk was kept")
                )
            }
            return next
        }
    }

    /// Where an upload stands after a lost connection; nil where it has to begin again.
    private func resume(
        _ session: UploadSession,
        at offset: Int,
        _ repository: RepositoryName
    ) async throws -> (UploadSession, Int)? {
        let request = WebRequest(method: .GET, address: session.place)
        return try await exchangeOnce(request, .push(try scopeName(repository))) { reply in
            if RetryPolicy.isTransient(status: reply.status) {
                throw await RegistryFault.error(reply, doing: "\(self.name): \(repository.text)")
            }
            guard reply.status == 204 || reply.status == 200,
                let stated = reply.header("Range"), let end = Self.end(of: stated)
            else {
                await reply.drain()
                return nil
            }
            var next = session
            if reply.header("Location") != nil {
                next.place = try await self.session(reply).place
            } else {
                await reply.drain()
            }
            // `0-0` is said of one byte and of none.
            let kept = end == 1 ? 0 : end
            guard kept <= offset + session.chunkByteCount, kept > 0 || offset == 0 else {
                return nil
            }
            return (next, kept)
        }
    }

    /// The byte after the last one of `0-<last>`.
    static func end(of range: String) -> Int? {
        let text = range.hasPrefix("bytes=") ? range.dropFirst(6) : Substring(range)
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "0", let last = Int(parts[1]), last >= 0,
            last < Int.max
        else { return nil }
        return last + 1
    }
}
