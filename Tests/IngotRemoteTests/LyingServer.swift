// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on a port of this machine that answers what a test tells it to, lies included.
final class LyingServer: Sendable {
    struct Request: Sendable {
        let method: String
        let uri: String
        let headers: HTTPHeaders
        let body: [UInt8]

        var path: String { String(uri.prefix { $0 != "?" }) }
    }

    enum Answer: Sendable {
        /// With a `Content-Length` of the body unless the headers have one.
        case reply(Int, [(String, String)] = [], [UInt8] = [])
        /// The head promises more than the body has; then the connection ends.
        case cut(Int, [(String, String)], [UInt8], promised: Int)
        /// A body without end.
        case endless(Int, [(String, String)] = [])
        /// No answer at all.
        case close
    }

    private let channel: any Channel

    /// `answer` is called for each request, with its number among those of the same method and
    /// path.
    static func start(
        _ answer: @escaping @Sendable (Request, Int) -> Answer
    ) async throws -> LyingServer {
        let log = RequestLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        AnswerHandler(log: log, answer: answer)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return LyingServer(channel: channel, log: log)
    }

    private let log: RequestLog

    private init(channel: any Channel, log: RequestLog) {
        self.channel = channel
        self.log = log
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var host: String { "127.0.0.1:\(port)" }
    var origin: String { "http://\(host)" }
    var requests: [Request] { log.requests.withLock { $0 } }

    func stop() async throws { try await channel.close() }
}

final class RequestLog: Sendable {
    let requests = Mutex<[LyingServer.Request]>([])

    /// How many requests of this method and path came before.
    func add(_ request: LyingServer.Request) -> Int {
        requests.withLock { requests in
            defer { requests.append(request) }
            return requests.count { $0.method == request.method && $0.path == request.path }
        }
    }
}

private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let log: RequestLog
    private let answer: @Sendable (LyingServer.Request, Int) -> LyingServer.Answer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(
        log: RequestLog,
        answer: @escaping @Sendable (LyingServer.Request, Int) -> LyingServer.Answer
    ) {
        self.log = log
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let piece): body += piece.readableBytesView
        case .end:
            guard let head else { return }
            let request = LyingServer.Request(
                method: head.method.rawValue,
                uri: head.uri,
                headers: head.headers,
                body: body
            )
            send(answer(request, log.add(request)), context)
        }
    }

    private func send(_ answer: LyingServer.Answer, _ context: ChannelHandlerContext) {
        switch answer {
        case .reply(let status, let headers, let bytes):
            write(status, headers, length: bytes.count, context)
            write(bytes, context)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .cut(let status, let headers, let bytes, let promised):
            write(status, headers, length: promised, context)
            write(bytes, context)
            context.flush()
            context.close(promise: nil)
        case .endless(let status, let headers):
            write(status, headers, length: nil, context)
            flood(NIOLoopBound(context, eventLoop: context.eventLoop))
        case .close: context.close(promise: nil)
        }
    }

    private func write(
        _ status: Int,
        _ headers: [(String, String)],
        length: Int?,
        _ context: ChannelHandlerContext
    ) {
        var fields = HTTPHeaders(headers)
        if let length, !fields.contains(name: "Content-Length") {
            fields.add(name: "Content-Length", value: String(length))
        }
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: status),
            headers: fields
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
    }

    private func flood(_ context: NIOLoopBound<ChannelHandlerContext>) {
        let piece = ByteBuffer(repeating: 0x20, count: 64 << 10)
        let part = HTTPServerResponsePart.body(.byteBuffer(piece))
        let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(part)).whenSuccess {
            handler.value.flood(context)
        }
    }
}
