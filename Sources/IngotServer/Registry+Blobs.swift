// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
internal import IngotCore
internal import IngotCrypto
internal import IngotStore
internal import NIOCore
internal import NIOHTTP1

extension Registry {
    /// 1 MiB: up to here a blob is read and checked before the first byte is sent.
    private static let smallByteCount = 1 << 20

    /// A blob of a repository, or a part of it.
    func blob(
        _ content: ContentDigest,
        of repository: RepositoryName,
        _ request: RegistryRequest
    ) throws -> Reply {
        guard let reader = try open(content, in: repository),
            try request.method != "HEAD" || isWhole(reader)
        else { throw RegistryError(.blobUnknown, "blob \(content): not in \(repository)") }
        var reply = Reply(
            .ok,
            [
                ("Content-Type", "application/octet-stream"),
                ("Docker-Content-Digest", content.description),
                ("ETag", "\"\(content)\""), ("Accept-Ranges", "bytes"),
                ("Cache-Control", "max-age=31536000, immutable"),
            ]
        )
        var range = 0..<reader.byteCount
        if let text = request.headers.first(name: "range") {
            switch ByteRange(parsing: text, of: reader.byteCount) {
            case .ignored: break
            case .unsatisfiable:
                throw RegistryError(
                    .sizeInvalid,
                    "\(text): the blob has \(reader.byteCount) bytes",
                    status: .rangeNotSatisfiable,
                    headers: [("Content-Range", "bytes */\(reader.byteCount)")]
                )
            case .part(let part):
                range = part
                reply.status = .partialContent
                reply.headers.add(
                    name: "Content-Range",
                    value: "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(reader.byteCount)"
                )
            }
        }
        if request.method == "HEAD" {
            reply.body = .checked(reader, range)
        } else if reader.byteCount <= Self.smallByteCount {
            let bytes = try store.blobs.read(reader.digest, limit: Self.smallByteCount)
            reply.body = .bytes(ByteBuffer(bytes: bytes[range]))
        } else if checked.isWhole(reader) {
            reply.body = .checked(reader, range)
        } else if range.count == reader.byteCount {
            reply.body = .unchecked(reader)
        } else {
            guard try isWhole(reader) else {
                throw RegistryError(.blobUnknown, "blob \(content): damaged here: push it again")
            }
            reply.body = .checked(reader, range)
        }
        return reply
    }

    /// Whether a blob's bytes are right: all are read unless this process has seen them.
    ///
    /// A client that asks for the head alone wants to know whether it must push.
    private func isWhole(_ reader: BlobReader) throws -> Bool {
        // `open` has read it.
        if reader.byteCount <= Self.smallByteCount || checked.isWhole(reader) { return true }
        let isWhole = try reader.isWhole()
        checked.record(reader, isWhole: isWhole)
        return isWhole
    }

    /// Nil when the repository has no such blob, or only a damaged one.
    func open(_ content: ContentDigest, in repository: RepositoryName) throws -> BlobReader? {
        guard let digest = try resolve(content) else { return nil }
        if try !catalog.hasLink(blob: digest, in: repository) {
            try linkVersions(of: repository)
            // A manifest is a blob as well.
            guard
                try catalog.hasLink(blob: digest, in: repository)
                    || catalog.manifestLink(digest, in: repository) != nil
            else { return nil }
        }
        guard store.blobs.contains(digest) else { return nil }
        let reader = try BlobReader(digest, of: store.blobs)
        // A client that asks before it pushes sends again what it hears is missing.
        let isWhole = try store.blobs.holds(digest, byteCount: reader.byteCount)
        guard isWhole || !store.blobs.keeps(digest) else { return nil }
        return checked.isDamaged(reader) ? nil : reader
    }

    func deleteBlob(_ content: ContentDigest, in repository: RepositoryName) throws -> Reply {
        guard let digest = try resolve(content) else {
            throw RegistryError(.blobUnknown, "blob \(content): not in \(repository)")
        }
        try linkVersions(of: repository)
        switch try catalog.unlink(blob: digest, in: repository) {
        case .done: return Reply(.accepted)
        case .unknown:
            throw RegistryError(.blobUnknown, "blob \(content): not in \(repository)")
        case .needed(let manifest):
            throw RegistryError(
                .unsupported,
                "blob \(content): manifest \(manifest) names it: delete that first"
            )
        }
    }
}

/// A `Range` header: RFC 9110 §14.2, one range.
enum ByteRange: Hashable {
    /// Another unit, several ranges, or no range at all: the whole is sent.
    case ignored
    case unsatisfiable
    case part(Range<Int>)

    init(parsing text: String, of byteCount: Int) {
        guard text.utf8.starts(with: "bytes=".utf8) else {
            self = .ignored
            return
        }
        let sides = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard sides.count == 2, !text.utf8.contains(UInt8(ascii: ",")) else {
            self = .ignored
            return
        }
        switch (Int(sides[0]), Int(sides[1]), sides[0].isEmpty, sides[1].isEmpty) {
        case (let first?, nil, _, true):
            self = first < byteCount ? .part(first..<byteCount) : .unsatisfiable
        case (nil, let count?, true, _):
            self =
                count > 0 && byteCount > 0
                ? .part(max(0, byteCount - count)..<byteCount) : .unsatisfiable
        case (let first?, let last?, _, _):
            self =
                first <= last && first < byteCount
                ? .part(first..<min(last, byteCount - 1) + 1) : .unsatisfiable
        default: self = .ignored
        }
    }
}
