// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import IngotFiles
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

struct WebRequest: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case part(OutgoingBlob, Range<Int>)

        var byteCount: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .part(_, let range): range.count
            }
        }
    }

    let method: HTTPMethod
    var address: WebAddress
    var headers: HTTPHeaders = [:]
    var body: Body = .none
}

/// Requests over AsyncHTTPClient, which nothing but this and `WebReply` knows. Invariants:
///
/// (1) Redirects: at most five, of GET and HEAD alone unless the status keeps the method, never
///     from https to http; `Authorization` is not sent to another origin, and not sent again after
///     that.
/// (2) Whatever may be over in a moment is thrown as `TransientFailure`, everything else as
///     `RemoteError`.
final class WebClient: Sendable {
    struct Timeouts: Sendable {
        var connect: Duration = .seconds(10)
        /// Without a byte in either direction.
        var idle: Duration = .seconds(60)
    }

    static let redirectLimit = 5

    private let direct: HTTPClient
    private let proxied: [HTTPClient.Configuration.Proxy: HTTPClient]
    private let proxies: ProxySettings
    let work = BlockingWork(threadCount: 4)

    /// Trusts the certificates of a PEM file beside the system's.
    ///
    /// - Throws: `RemoteError` where there are none in it.
    init(
        timeouts: Timeouts = Timeouts(),
        caFile: String? = nil,
        proxies: ProxySettings? = nil
    ) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let caFile {
            do {
                let certificates = try NIOSSLCertificate.fromPEMFile(caFile)
                tls.additionalTrustRoots = [.certificates(certificates)]
            } catch {
                throw RemoteError(
                    .failed,
                    "\(caFile): no certificates in PEM form can be read from it "
                        + "(INGOT_CA_FILE, SSL_CERT_FILE)"
                )
            }
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: TimeAmount(timeouts.connect),
                read: TimeAmount(timeouts.idle),
                write: TimeAmount(timeouts.idle)
            ),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16
        // Tries are counted here (RetryPolicy).
        configuration.connectionPool.retryConnectionEstablishment = false
        self.proxies = try proxies ?? ProxySettings(environment: [:])
        direct = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        var proxied: [HTTPClient.Configuration.Proxy: HTTPClient] = [:]
        for proxy in self.proxies.all {
            configuration.proxy = proxy
            proxied[proxy] = HTTPClient(
                eventLoopGroupProvider: .singleton,
                configuration: configuration
            )
        }
        self.proxied = proxied
    }

    private func client(for address: WebAddress) -> HTTPClient {
        proxies.proxy(for: address).flatMap { proxied[$0] } ?? direct
    }

    func shutdown() async throws {
        for client in [direct] + proxied.values { try await client.shutdown() }
        try await work.shutdown()
    }

    /// One request and the head of its answer, redirects not followed.
    func send(_ request: WebRequest) async throws -> WebReply {
        var outgoing = HTTPClientRequest(url: request.address.text)
        outgoing.method = request.method
        outgoing.headers = request.headers
        if !outgoing.headers.contains(name: "user-agent") {
            outgoing.headers.add(name: "User-Agent", value: "ingot")
        }
        switch request.body {
        case .none: break
        case .bytes(let bytes): outgoing.body = .bytes(bytes)
        case .part(_, let range) where range.isEmpty: outgoing.body = .bytes([UInt8]())
        case .part(let blob, let range):
            outgoing.body = .stream(
                BlobPieces(blob: blob, range: range, work: work),
                length: .known(Int64(range.count))
            )
        }
        do {
            // The idle timeouts end what stands still; this one ends what never does.
            let client = client(for: request.address)
            let response = try await client.execute(outgoing, timeout: .hours(6))
            return WebReply(address: request.address, response: response)
        } catch { throw Self.failure(error, at: request.address) }
    }

    /// Invariant (1).
    func exchange(_ request: WebRequest) async throws -> WebReply {
        var request = request
        var redirects = 0
        while true {
            let reply = try await send(request)
            let keepsMethod = reply.status == 307 || reply.status == 308
            let isRead = request.method == .GET || request.method == .HEAD
            guard keepsMethod || (isRead && [301, 302, 303].contains(reply.status)) else {
                return reply
            }
            await reply.drain()
            redirects += 1
            guard redirects <= Self.redirectLimit else {
                throw RemoteError(
                    .untrue,
                    "\(request.address.origin): redirects more than \(Self.redirectLimit) times"
                )
            }
            guard let location = reply.header("Location"),
                let next = request.address.resolving(location)
            else {
                throw RemoteError(.untrue, "\(request.address.origin): redirects to no address")
            }
            guard next.isSecure || !request.address.isSecure else {
                throw RemoteError(
                    .untrue,
                    "\(request.address.origin): redirects from https to http, to \(next.origin)"
                )
            }
            if !next.hasSameOrigin(as: request.address) {
                request.headers.remove(name: "Authorization")
            }
            request.address = next
        }
    }
}

/// Errors.
extension WebClient {
    /// Invariant (2).
    static func failure(_ error: any Error, at address: WebAddress) -> any Error {
        if Task.isCancelled || error is CancellationError { return CancellationError() }
        // What reading the blob for the request's body threw.
        if let error = error as? RemoteError { return error }
        if let error = error as? FileError { return error }
        let place = address.origin
        if isTrustFailure(error) {
            return RemoteError(
                .unreachable,
                "\(place): its TLS certificate is not trusted (\(text(of: error))): "
                    + "name its authority's file in INGOT_CA_FILE"
            )
        }
        let reason: String
        switch error {
        case let error as NIOConnectionError: reason = text(of: error)
        case let error as HTTPClientError where error == .connectTimeout:
            reason = "it does not answer"
        case let error as HTTPClientError where error == .readTimeout || error == .writeTimeout:
            reason = "it stopped in the middle"
        case let error as HTTPClientError where error == .proxyAuthenticationRequired:
            reason = "its proxy wants credentials: http://user:password@host:port"
        case let error as HTTPClientError where error == .invalidProxyResponse:
            reason = "its proxy does not connect to it"
        case let error as HTTPClientError: reason = error.shortDescription
        case let error as NIOSSLError: reason = text(of: error as any Error)
        default: reason = RemoteError.line("\(error)")
        }
        return TransientFailure(
            error: RemoteError(.unreachable, "\(place): no connection: \(reason)")
        )
    }

    private static func isTrustFailure(_ error: any Error) -> Bool {
        if error is NIOSSLExtraError { return true }
        guard let error = error as? NIOSSLError, case .handshakeFailed(let inner) = error else {
            return false
        }
        return "\(inner)".contains("CERTIFICATE_VERIFY_FAILED")
    }

    /// What BoringSSL calls the fault, without the places in its sources.
    private static func text(of error: any Error) -> String {
        let text = "\(error)"
        guard !text.contains("WRONG_VERSION_NUMBER") else {
            return "it answers without TLS: name it with http where that is meant"
        }
        let names = text.split { !$0.isUppercase && $0 != "_" }.filter { $0.contains("_") }
        return RemoteError.line(names.first.map { String($0) } ?? text)
    }

    private static func text(of error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first {
            if let error = first.error as? IOError { return RemoteError.line(error.description) }
            if let error = first.error as? NIOSSLError { return text(of: error as any Error) }
            return RemoteError.line("\(first.error)")
        }
        return error.dnsAError == nil && error.dnsAAAAError == nil
            ? "refused" : "there is no host of this name"
    }
}
