// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotStore
internal import NIOCore
internal import NIOHTTP1

/// An answer; for HEAD its body is left out, not its length.
struct Reply: Sendable {
    enum Body: Sendable {
        case bytes(ByteBuffer)
        /// A part of a blob that was checked.
        case checked(BlobReader, Range<Int>)
        /// A whole blob, to be checked while it is sent.
        case unchecked(BlobReader)
    }

    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: Body

    init(
        _ status: HTTPResponseStatus,
        _ headers: [(String, String)] = [],
        bytes: [UInt8] = []
    ) {
        self.status = status
        self.headers = HTTPHeaders(headers)
        body = .bytes(ByteBuffer(bytes: bytes))
    }

    init(_ error: RegistryError) {
        self.init(
            error.status,
            [("Content-Type", "application/json")] + error.headers,
            bytes: error.body
        )
    }

    /// A JSON document.
    init(json: JSONValue, type: String = "application/json", _ headers: [(String, String)] = []) {
        self.init(.ok, [("Content-Type", type)] + headers, bytes: json.canonicalBytes)
    }

    var byteCount: Int {
        switch body {
        case .bytes(let buffer): buffer.readableBytes
        case .checked(_, let range): range.count
        case .unchecked(let reader): reader.byteCount
        }
    }
}
