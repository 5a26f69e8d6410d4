// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// An answer's head, and its body on its way.
///
/// The body is read once, or drained; a connection with an unread body cannot be used again.
struct WebReply: Sendable {
    let address: WebAddress
    let status: Int
    let headers: HTTPHeaders
    private let body: HTTPClientResponse.Body

    init(address: WebAddress, response: HTTPClientResponse) {
        self.address = address
        status = Int(response.status.code)
        headers = response.headers
        body = response.body
    }

    /// The first of that name, where it is text of reasonable length.
    func header(_ name: String) -> String? {
        guard let value = headers.first(name: name), value.utf8.count <= WebAddress.byteLimit
        else { return nil }
        return value
    }

    /// Nil where there is none, or none that is a length.
    var contentLength: Int? {
        header("Content-Length").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The whole body.
    ///
    /// - Throws: `.untrue` where it has more than `limit` bytes.
    func bytes(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        var pieces = body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch { throw WebClient.failure(error, at: address) }
            guard let piece else { return bytes }
            guard bytes.count + piece.readableBytes <= limit else {
                throw RemoteError(
                    .untrue,
                    "\(address.origin): an answer of more than \(limit) bytes where none is needed"
                )
            }
            bytes += piece.readableBytesView
        }
    }

    /// The first bytes of a body, at most `limit`, for a message: what is lost does not matter.
    func start(limit: Int = 16 << 10) async -> [UInt8] {
        var bytes: [UInt8] = []
        var pieces = body.makeAsyncIterator()
        do {
            while bytes.count < limit, let piece = try await pieces.next() {
                bytes += piece.readableBytesView.prefix(limit - bytes.count)
            }
        } catch { return bytes }
        return bytes
    }

    func drain() async { _ = await start() }

    /// Hands out bytes of the body from place `skipped` on until `offset` is `end`.
    ///
    /// The body has to end there where `isExact`.
    ///
    /// - Throws: `.untrue` where it goes on, and what `receive` throws.
    func forward(
        skipping skipped: Int,
        from offset: inout Int,
        to end: Int,
        isExact: Bool,
        receive: (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        var toSkip = skipped
        var pieces = body.makeAsyncIterator()
        while offset < end || isExact {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch { throw WebClient.failure(error, at: address) }
            guard let piece else { break }
            let skippedHere = min(toSkip, piece.readableBytes)
            toSkip -= skippedHere
            let useful = min(piece.readableBytes - skippedHere, end - offset)
            if useful > 0 {
                // Safe: both ends are within the readable bytes.
                try unsafe piece.withUnsafeReadableBytes { buffer in
                    try unsafe receive(
                        UnsafeRawBufferPointer(
                            rebasing: buffer[skippedHere..<(skippedHere + useful)]
                        )
                    )
                }
                offset += useful
            }
            guard !isExact || piece.readableBytes == skippedHere + useful else {
                throw RemoteError(
                    .untrue,
                    "\(address.origin): sends more bytes than it was asked for"
                )
            }
        }
        guard offset == end else {
            throw TransientFailure(
                error: RemoteError(.unreachable, "\(address.origin): ended in the middle of a body")
            )
        }
    }
}
