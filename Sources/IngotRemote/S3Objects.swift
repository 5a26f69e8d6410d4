// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotCore
internal import IngotCrypto
internal import NIOHTTP1

/// An OCI image layout in a bucket. Invariants:
///
/// (1) The payload of what has a digest is signed with it, so that the bucket itself refuses other
///     bytes; large blobs go in parts, signed over http and protected by TLS over https.
/// (2) The index changes by `If-Match` or `If-None-Match: *` alone.
/// (3) An upload in parts is aborted where it fails: parts that nobody sees would cost for ever.
final class S3Objects: ObjectStore {
    let name: String
    let address: BucketAddress
    let client: WebClient
    let retry: RetryPolicy
    private let signature: S3Signature
    private let base: WebAddress

    init(
        name: String,
        address: BucketAddress,
        profile: S3Profile,
        client: WebClient,
        retry: RetryPolicy = RetryPolicy()
    ) throws {
        guard let credentials = profile.credentials else {
            throw RemoteError(
                .denied,
                "\(name): no access key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                    + "AWS_PROFILE, or fill ~/.aws/credentials"
            )
        }
        self.name = name
        self.address = address
        self.client = client
        self.retry = retry
        let region = address.region ?? profile.region ?? "us-east-1"
        signature = S3Signature(credentials: credentials, region: region)
        var endpoint = address.endpoint
        if endpoint == nil, let url = profile.endpoint {
            guard let parsed = WebAddress(parsing: url), parsed.query == nil else {
                throw RemoteError(.failed, "endpoint_url '\(RemoteError.line(url))': no address")
            }
            endpoint = parsed
        }
        base = Self.base(of: address.bucket, endpoint: endpoint, region: region)
    }

    /// Path-style for endpoints, and where a dot in the name would break the certificate.
    static func base(of bucket: String, endpoint: WebAddress?, region: String) -> WebAddress {
        if var base = endpoint {
            while base.path.hasSuffix("/") { base.path.removeLast() }
            base.path += "/\(bucket)"
            return base
        }
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let host = "s3.\(region).\(domain)"
        return bucket.contains(".")
            ? WebAddress(isSecure: true, host: host, port: nil, path: "/\(bucket)")
            : WebAddress(isSecure: true, host: "\(bucket).\(host)", port: nil, path: "")
    }

    func shutdown() async throws { try await client.shutdown() }

    func byteCount(of object: ObjectName) async throws -> Int? {
        try await exchange(S3Call(.HEAD, object)) { reply in
            switch reply.status {
            case 200: return reply.contentLength ?? 0
            case 404: return nil
            default: throw await self.fault(reply, object)
            }
        }
    }

    func read(_ object: ObjectName, limit: Int) async throws -> StoredObject? {
        try await exchange(S3Call(.GET, object)) { reply in
            switch reply.status {
            case 200:
                let bytes = try await reply.bytes(limit: limit)
                return StoredObject(bytes: bytes, version: reply.header("ETag") ?? "")
            case 404:
                // A bucket that is not there is not an empty one.
                let fault = S3Fault(await reply.start())
                guard fault.code == nil || fault.code == "NoSuchKey" else {
                    throw self.error(fault, status: 404, object)
                }
                return nil
            default: throw await self.fault(reply, object)
            }
        }
    }

    func put(_ blob: OutgoingBlob) async throws {
        if try await byteCount(of: .blob(blob.digest)) == blob.byteCount { return }
        guard blob.byteCount <= Self.singleByteLimit else { return try await putParts(blob) }
        var call = S3Call(.PUT, .blob(blob.digest))
        call.body = .part(blob, 0..<blob.byteCount)
        // Invariant (1).
        call.payload = .digest(blob.digest)
        try await exchange(call) { reply in try await self.expectSuccess(reply, call.object) }
    }

    func replaceIndex(with bytes: [UInt8], expecting version: String?) async throws -> Bool {
        if version == nil { try await putLayout() }
        var call = S3Call(.PUT, .index)
        call.body = .bytes(bytes)
        call.payload = .digest(Digest.of(bytes))
        call.headers = [("content-type", "application/json")]
        // Invariant (2).
        call.headers.append(version.map { ("if-match", $0) } ?? ("if-none-match", "*"))
        return try await exchange(call) { reply in
            // 409: two conditional writes at once. 404: it was removed meanwhile.
            if [404, 409, 412].contains(reply.status) {
                let fault = S3Fault(await reply.start())
                if reply.status == 412 || fault.code == "ConditionalRequestConflict"
                    || fault.code == "NoSuchKey"
                {
                    return false
                }
                throw self.error(fault, status: reply.status, .index)
            }
            try await self.expectSuccess(reply, .index)
            return true
        }
    }

    private func putLayout() async throws {
        let bytes = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
        var call = S3Call(.PUT, .layout)
        call.body = .bytes(bytes)
        call.payload = .digest(Digest.of(bytes))
        try await exchange(call) { reply in try await self.expectSuccess(reply, .layout) }
    }

    func download(
        _ digest: Digest,
        bytes: Range<Int>,
        receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        var offset = bytes.lowerBound
        try await retry.run { _ in
            let start = offset
            do {
                var call = S3Call(.GET, .blob(digest))
                call.headers = [("range", "bytes=\(start)-\(bytes.upperBound - 1)")]
                let reply = try await client.send(request(call))
                try unsafe await reply.forwardRange(
                    from: &offset,
                    to: bytes.upperBound,
                    label: "\(name): blob \(digest)",
                    receive: receive
                ) { await self.fault($0, .blob(digest)) }
            } catch var failure as TransientFailure {
                failure.madeProgress = offset - start >= 64 << 10
                throw failure
            }
        }
    }
}

/// A request before it is signed.
struct S3Call: Sendable {
    let method: HTTPMethod
    let object: ObjectName
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body = WebRequest.Body.none
    var payload = S3Signature.Payload.empty

    init(_ method: HTTPMethod, _ object: ObjectName) {
        self.method = method
        self.object = object
    }
}

/// Sending and reading.
extension S3Objects {
    var isSecure: Bool { base.isSecure }

    /// Signed anew for each try: a signature is good for 15 minutes.
    private func request(_ call: S3Call) -> WebRequest {
        let path = call.object.path
        let key = address.prefix.isEmpty ? path : "\(address.prefix)/\(path)"
        var place = base
        place.path += "/" + PercentEncoding.encode(key, keeping: "/")
        place.query = call.query.isEmpty ? nil : S3Signature.text(of: call.query)
        let added = signature.headers(
            for: S3Signature.Request(
                method: call.method.rawValue,
                authority: place.authority,
                path: place.path,
                query: call.query,
                headers: call.headers,
                payload: call.payload
            ),
            at: Timestamp(seconds: Int64(time(nil)))
        )
        var headers = HTTPHeaders()
        for (name, value) in call.headers + added { headers.add(name: name, value: value) }
        // What is signed as the host has to be sent as it.
        headers.add(name: "Host", value: place.authority)
        return WebRequest(
            method: call.method,
            address: place,
            headers: headers,
            body: call.body
        )
    }

    func exchange<Value>(
        _ call: S3Call,
        read: (WebReply) async throws -> Value
    ) async throws -> Value {
        try await retry.run { _ in try await read(client.send(request(call))) }
    }

    func expectSuccess(_ reply: WebReply, _ object: ObjectName) async throws {
        guard reply.status == 200 || reply.status == 204 else {
            throw await fault(reply, object)
        }
        await reply.drain()
    }

    func fault(_ reply: WebReply, _ object: ObjectName) async -> any Error {
        let fault = S3Fault(await reply.start())
        let region = reply.header("x-amz-bucket-region") ?? fault.region
        let isRedirect = (300..<400).contains(reply.status)
        if isRedirect || fault.code == "AuthorizationHeaderMalformed", let region {
            return RemoteError(
                .failed,
                "\(name): the bucket is in region \(RemoteError.line(region)): add "
                    + "?region=\(RemoteError.line(region)) to the address"
            )
        }
        if RetryPolicy.isTransient(status: reply.status) || fault.code == "RequestTimeout" {
            return TransientFailure(
                error: error(fault, status: reply.status, object),
                after: RegistryFault.retryAfter(reply)
            )
        }
        return error(fault, status: reply.status, object)
    }

    func error(_ fault: S3Fault, status: Int, _ object: ObjectName) -> RemoteError {
        let reason: RemoteError.Reason =
            switch status {
            case 401, 403: .denied
            case 404: .notFound
            case 409, 412: .conflict
            default: .failed
            }
        return RemoteError(reason, "\(name)/\(object.path): \(fault.text) (HTTP \(status))")
    }
}

/// The XML of an error of S3, of which three elements matter.
struct S3Fault: Sendable {
    let code: String?
    let message: String?
    let region: String?

    init(_ body: [UInt8]) {
        let text = String(decoding: body, as: UTF8.self)
        code = Self.element("Code", in: text)
        message = Self.element("Message", in: text)
        region = Self.element("Region", in: text)
    }

    var text: String {
        let parts = [code, message].compactMap { $0 }
        return parts.isEmpty ? "refused" : RemoteError.line(parts.joined(separator: ": "))
    }

    /// The text of the first element of a name, with the five entities of XML.
    static func element(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        var value = String(text[start.upperBound..<end.lowerBound])
        for (entity, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'"),
            ("&amp;", "&"),
        ] { value = value.replacing(entity, with: character) }
        return value
    }
}
