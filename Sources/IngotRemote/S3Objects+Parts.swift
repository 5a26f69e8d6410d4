// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import NIOHTTP1

/// Uploads in parts, several at once.
extension S3Objects {
    /// 64 MiB, a pack: what is larger goes in parts.
    static let singleByteLimit = 64 << 20
    private static let partByteLimit = 64 << 20
    private static let leastPartByteCount = 16 << 20
    /// What S3 takes at most.
    private static let partCountLimit = 10_000
    /// Each holds one piece of 1 MiB in memory.
    private static let parallelPartCount = 4
    private static let documentByteLimit = 1 << 20

    /// The ranges of the parts: at least 16 MiB each, larger ones only where 10,000 would not do.
    static func parts(of byteCount: Int) -> [Range<Int>] {
        let needed = (byteCount + partCountLimit - 1) / partCountLimit
        let size = max(leastPartByteCount, (needed + (1 << 20) - 1) & ~((1 << 20) - 1))
        return stride(from: 0, to: byteCount, by: size).map { start in
            start..<min(start + size, byteCount)
        }
    }

    func putParts(_ blob: OutgoingBlob) async throws {
        let object = ObjectName.blob(blob.digest)
        let id = try await beginParts(object)
        do {
            let tags = try await send(Self.parts(of: blob.byteCount), of: blob, upload: id)
            try await completeParts(object, upload: id, tags: tags)
        } catch {
            // Invariant (3), also where this task was cancelled: the abort is one of its own.
            await Task { await self.abortParts(object, upload: id) }.value
            throw error
        }
    }

    private func beginParts(_ object: ObjectName) async throws -> String {
        var call = S3Call(.POST, object)
        call.query = [("uploads", "")]
        return try await exchange(call) { reply in
            guard reply.status == 200 else { throw await self.fault(reply, object) }
            let text = String(
                decoding: try await reply.bytes(limit: Self.documentByteLimit),
                as: UTF8.self
            )
            guard let id = S3Fault.element("UploadId", in: text), !id.isEmpty,
                id.utf8.count <= 4096
            else { throw RemoteError(.untrue, "\(self.name): names no upload in parts") }
            return id
        }
    }

    private func send(
        _ parts: [Range<Int>],
        of blob: OutgoingBlob,
        upload id: String
    ) async throws -> [String] {
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            var tags = [String](repeating: "", count: parts.count)
            for (index, range) in parts.enumerated() {
                if index >= Self.parallelPartCount, let (done, tag) = try await group.next() {
                    tags[done] = tag
                }
                group.addTask {
                    (index, try await self.sendPart(index + 1, range, of: blob, upload: id))
                }
            }
            for try await (done, tag) in group { tags[done] = tag }
            return tags
        }
    }

    private func sendPart(
        _ number: Int,
        _ range: Range<Int>,
        of blob: OutgoingBlob,
        upload id: String
    ) async throws -> String {
        var call = S3Call(.PUT, .blob(blob.digest))
        call.query = [("partNumber", String(number)), ("uploadId", id)]
        call.body = .part(blob, range)
        call.payload = isSecure ? .unsigned : .digest(try await digest(of: range, in: blob))
        return try await exchange(call) { reply in
            guard reply.status == 200 else { throw await self.fault(reply, call.object) }
            await reply.drain()
            guard let tag = reply.header("ETag") else {
                throw RemoteError(.untrue, "\(self.name): keeps a part without naming it (ETag)")
            }
            return tag
        }
    }

    private func digest(of range: Range<Int>, in blob: OutgoingBlob) async throws -> Digest {
        try await client.work.run {
            let hasher = SHA256Hasher()
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
                hasher.update(try blob.read(start..<min(start + 1 << 20, range.upperBound)))
            }
            return hasher.finish()
        }
    }

    private func completeParts(
        _ object: ObjectName,
        upload id: String,
        tags: [String]
    ) async throws {
        let escape = { (text: String) in
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        }
        let parts = tags.enumerated().map { index, tag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(escape(tag))</ETag></Part>"
        }
        let document = Array(
            ("<CompleteMultipartUpload>" + parts.joined() + "</CompleteMultipartUpload>").utf8
        )
        var call = S3Call(.POST, object)
        call.query = [("uploadId", id)]
        call.body = .bytes(document)
        call.payload = .digest(Digest.of(document))
        try await exchange(call) { reply in
            guard reply.status == 200 else { throw await self.fault(reply, object) }
            // A success that has begun can still turn into an error in the body.
            let text = String(
                decoding: try await reply.bytes(limit: Self.documentByteLimit),
                as: UTF8.self
            )
            guard !text.contains("<Error>") else {
                throw self.error(S3Fault(Array(text.utf8)), status: 200, object)
            }
        }
    }

    /// Best effort: the error that led here is the one to show.
    private func abortParts(_ object: ObjectName, upload id: String) async {
        var call = S3Call(.DELETE, object)
        call.query = [("uploadId", id)]
        do {
            try await exchange(call) { reply in await reply.drain() }
        } catch { return }
    }
}
