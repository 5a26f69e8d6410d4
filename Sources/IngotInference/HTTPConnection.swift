// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotHTTP
internal import NIOCore
internal import NIOHTTP1

/// One client's connection, on its event loop.
///
/// ```
/// idle ──head──▶ receiving ──end──▶ answering ──last byte──▶ idle or closed
///                    └── too large, too slow: answer, then closed
/// ```
///
/// NIO's pipelining handler holds the next request back until the answer has ended. A deadline runs
/// in every state but `answering`, and there too while the client does not read.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case receiving(HTTPRequestHead, body: [UInt8])
        case answering(HTTPRequestHead, Exchange?)
        /// The last answer is on its way; what still arrives is ignored.
        case closing
    }

    /// 2 s for the client to read an answer that was sent before its request had ended.
    private static let lingerDuration: Duration = .seconds(2)

    private let service: InferenceService
    private let connections: ConnectionSet
    private var state = State.idle
    private var isLast = false
    private var deadline: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(service: InferenceService, connections: ConnectionSet) {
        self.service = service
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        guard connections.add(context.channel, limit: service.limits.connectionCount) else {
            service.log.error("connection_refused", ["reason": "too many connections"])
            return context.close(promise: nil)
        }
        connections.set(context.channel, isAnswering: false)
        setDeadline(service.limits.requestDuration)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if case .answering(_, let exchange) = state { exchange?.job?.cancel() }
        state = .closing
        self.context = nil
        connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle): begin(head)
        case (.body(let buffer), .receiving(let head, var body)):
            state = .closing
            guard body.count + buffer.readableBytes <= service.limits.bodyByteCount else {
                return refuse(head, bodyTooLarge)
            }
            body += buffer.readableBytesView
            state = .receiving(head, body: body)
        case (.end, .receiving(let head, let body)): answer(head, body: body)
        case (.end, .closing): context.close(promise: nil)
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ShutdownBegan else { return context.fireUserInboundEventTriggered(event) }
        isLast = true
        if case .idle = state { context.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .answering = state {
            if context.channel.isWritable {
                deadline?.cancel()
            } else {
                setDeadline(service.limits.stallDuration)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        service.log.info("connection_failed", ["message": .string("\(error)")])
        context.close(promise: nil)
    }
}

/// Requests.
extension HTTPConnection {
    private var bodyTooLarge: InferenceError {
        InferenceError(
            .bodyTooLarge,
            "a body may have \(service.limits.bodyByteCount) bytes at most"
        )
    }

    private func begin(_ head: HTTPRequestHead) {
        setDeadline(service.limits.requestDuration)
        state = .receiving(head, body: [])
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }),
            length > service.limits.bodyByteCount
        {
            return refuse(head, bodyTooLarge)
        }
        // A client that asks first waits for this line before it sends its body.
        if head.headers[canonicalForm: "expect"].contains(where: {
            $0.lowercased() == "100-continue"
        }) {
            let line = HTTPResponseHead(version: head.version, status: .continue)
            context?.writeAndFlush(wrapOutboundOut(.head(line)), promise: nil)
        }
    }

    private func answer(_ head: HTTPRequestHead, body: [UInt8]) {
        deadline?.cancel()
        state = .answering(head, nil)
        if let context { connections.set(context.channel, isAnswering: true) }
        isLast = isLast || !head.isKeepAlive
        do throws(InferenceError) {
            let route = try Route(method: head.method.rawValue, target: head.uri)
            switch route {
            case .health:
                guard !service.isDraining else {
                    throw InferenceError(.shuttingDown, "the server is shutting down")
                }
                send(head, .ok, json: ["status": "ok"])
            case .models: send(head, .ok, json: service.models)
            case .metrics:
                send(
                    head,
                    .ok,
                    type: ServerMetrics.contentType,
                    body: Array(service.metricsText.utf8)
                )
            case .chat, .completion, .invocation: try generate(route, head, body: body)
            }
        } catch { send(head, error) }
    }

    private func generate(
        _ route: Route,
        _ head: HTTPRequestHead,
        body: [UInt8]
    ) throws(InferenceError) {
        guard let context else { return }
        let (prompt, kind) = try service.prompt(route, body: body)
        var exchange = Exchange(format: service.format(kind), options: prompt.options)
        let loop = context.eventLoop
        let connection = NIOLoopBound(self, eventLoop: loop)
        let id = exchange.format.id
        exchange.job = try service.host.submit(prompt) { event in
            loop.execute { connection.value.take(event, of: id) }
        }
        state = .answering(head, exchange)
    }

    /// An event of the model host, on the event loop.
    private func take(_ event: GenerationEvent, of id: String) {
        guard case .answering(let head, .some(var exchange)) = state, exchange.format.id == id
        else { return }
        // So that the text is appended in place.
        state = .answering(head, nil)
        let output = exchange.output(for: event)
        state = .answering(head, exchange)
        switch output {
        case .nothing: break
        case .openStream(let bytes):
            sendHead(
                head,
                .ok,
                [
                    ("Content-Type", "text/event-stream; charset=utf-8"),
                    ("Cache-Control", "no-cache"),
                ]
            )
            sendPiece(bytes)
        case .stream(let bytes): sendPiece(bytes)
        case .closeStream(let bytes):
            sendPiece(bytes)
            logRequest(head, status: 200, since: exchange.acceptedAt)
            end()
        case .whole(let json): send(head, .ok, json: json, since: exchange.acceptedAt)
        case .failure(let error): send(head, error)
        }
    }
}

/// Answers.
extension HTTPConnection {
    /// Answers a request whose rest is not wanted, and closes the connection after it.
    private func refuse(_ head: HTTPRequestHead, _ error: InferenceError) {
        isLast = true
        send(head, error)
    }

    private func send(_ head: HTTPRequestHead, _ error: InferenceError) {
        send(head, error.status, json: error.json, extra: error.headers)
    }

    private func send(
        _ head: HTTPRequestHead,
        _ status: HTTPResponseStatus,
        json: JSONValue,
        extra: [(name: String, value: String)] = [],
        since start: ContinuousClock.Instant? = nil
    ) {
        send(
            head,
            status,
            type: "application/json",
            body: json.canonicalBytes,
            extra: extra,
            since: start
        )
    }

    private func send(
        _ head: HTTPRequestHead,
        _ status: HTTPResponseStatus,
        type: String,
        body: [UInt8],
        extra: [(name: String, value: String)] = [],
        since start: ContinuousClock.Instant? = nil
    ) {
        let length = ("Content-Length", String(body.count))
        sendHead(head, status, [("Content-Type", type), length] + extra)
        sendPiece(body)
        logRequest(head, status: Int(status.code), since: start)
        end()
    }

    private func sendHead(
        _ head: HTTPRequestHead,
        _ status: HTTPResponseStatus,
        _ fields: [(String, String)]
    ) {
        var headers = HTTPHeaders(fields)
        // Without a length, and without pieces as HTTP/1.1 has them, the end of the answer is that
        // of the connection.
        if head.version == .http1_0, !headers.contains(name: "Content-Length") { isLast = true }
        headers.addConnection(isLast: isLast, to: head.version)
        let response = HTTPResponseHead(version: head.version, status: status, headers: headers)
        context?.write(wrapOutboundOut(.head(response)), promise: nil)
    }

    private func sendPiece(_ bytes: [UInt8]) {
        guard let context, !bytes.isEmpty else { return }
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }

    private func end() {
        guard let context else { return }
        let hasWholeRequest = if case .answering = state { true } else { false }
        state = isLast ? .closing : .idle
        connections.set(context.channel, isAnswering: false)
        setDeadline(isLast ? Self.lingerDuration : service.limits.idleDuration)
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        guard isLast, hasWholeRequest else { return }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.whenComplete { _ in connection.value.context?.close(promise: nil) }
    }

    private func logRequest(
        _ head: HTTPRequestHead,
        status: Int,
        since start: ContinuousClock.Instant?
    ) {
        // Probes come every few seconds and say nothing while all is well.
        if status == 200, head.method == .GET { return }
        var fields: [String: JSONValue] = [
            "method": .string(head.method.rawValue), "path": .string(String(head.uri.prefix(256))),
            "status": .integer(Int64(status)),
        ]
        if let start {
            let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            fields["milliseconds"] = .integer(Int64(milliseconds))
        }
        if status < 500 {
            service.log.info("request", fields)
        } else {
            service.log.error("request", fields)
        }
    }

    private func setDeadline(_ duration: Duration) {
        deadline?.cancel()
        guard let context else { return }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(duration)) {
            connection.value.deadlinePassed()
        }
    }

    private func deadlinePassed() {
        guard case .receiving(let head, _) = state else {
            context?.close(promise: nil)
            return
        }
        refuse(head, InferenceError(.requestTimeout, "the request took too long to arrive"))
        context?.close(promise: nil)
    }
}
