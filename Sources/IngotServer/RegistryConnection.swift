// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotHTTP
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One client's connection, on its event loop.
///
/// ```
/// idle ──head──▶ receiving ──end──▶ working ──▶ answering ──last byte──▶ idle or closed
///                    ├── a body that is not wanted ──▶ skipping ──end──▶ answering
///                    └── one that is too large ──▶ answering, then closed
/// ```
///
/// NIO's pipelining handler holds the next request back until the answer has ended. Blocking work
/// runs on the pool, one piece at a time for a connection; while it lags behind, nothing is read.
final class RegistryConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    enum State {
        case idle
        case receiving(Transaction)
        /// The rest of a body is thrown away before this answer is sent.
        case skipping(Transaction, Reply, rest: Int)
        case working(Transaction)
        case answering(Transaction)
        /// The last answer is on its way; what still arrives is ignored.
        case closing
    }

    /// 1 MiB of an unwanted body are read to keep a connection.
    private static let skipByteCount = 1 << 20
    /// 2 s for the client to read an answer that was sent before its request had ended.
    static let lingerDuration: Duration = .seconds(2)

    let registry: Registry
    let pool: NIOThreadPool
    let connections: ConnectionSet
    let log: AccessLog
    let usesTLS: Bool
    var state = State.idle
    var isLast = false
    var context: ChannelHandlerContext?
    /// The answer that is being sent piece by piece.
    var sending: BlobSending?
    private var deadline: Scheduled<Void>?
    private var isReadHeld = false

    init(
        registry: Registry,
        pool: NIOThreadPool,
        connections: ConnectionSet,
        log: AccessLog,
        usesTLS: Bool
    ) {
        self.registry = registry
        self.pool = pool
        self.connections = connections
        self.log = log
        self.usesTLS = usesTLS
    }

    var limits: RegistryLimits { registry.limits }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        guard connections.add(context.channel, limit: limits.connectionCount) else {
            return context.close(promise: nil)
        }
        setDeadline(limits.idle)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        sending = nil
        if case .receiving(let transaction) = state { abandon(transaction) }
        state = .closing
        self.context = nil
        connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle): begin(head)
        case (.body(let buffer), .receiving(let transaction)): receive(buffer, transaction)
        case (.end, .receiving(let transaction)):
            transaction.hasEnded = true
            advance(transaction)
        case (.body(let buffer), .skipping(let transaction, let reply, let rest)):
            let left = rest - buffer.readableBytes
            if left < 0 {
                isLast = true
                state = .closing
                send(reply, transaction)
            } else {
                state = .skipping(transaction, reply, rest: left)
            }
        case (.end, .skipping(let transaction, let reply, _)):
            transaction.hasEnded = true
            state = .answering(transaction)
            send(reply, transaction)
        case (.end, .closing): context.close(promise: nil)
        default: break
        }
    }

    /// While the pool lags behind, the client has to wait.
    func read(context: ChannelHandlerContext) {
        if case .receiving(let transaction) = state,
            transaction.pendingByteCount >= limits.pendingByteCount
        {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func releaseRead() {
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ShutdownBegan else { return context.fireUserInboundEventTriggered(event) }
        isLast = true
        if case .idle = state { context.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if case .answering = state { deadline?.cancel() }
            sendNextPiece()
        } else if case .answering = state {
            setDeadline(limits.stall)
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Answers an error, when enough of the body was read to keep the connection, or at once.
    func refuse(_ error: any Error, _ transaction: Transaction) {
        let answer = RegistryError.answer(to: error)
        log.record(fault: answer)
        let reply = Reply(answer)
        if transaction.hasEnded {
            state = .answering(transaction)
            return send(reply, transaction)
        }
        let rest = transaction.restByteCount
        if !transaction.isWaiting, let rest, rest <= Self.skipByteCount {
            state = .skipping(transaction, reply, rest: rest)
            releaseRead()
        } else {
            isLast = true
            state = .closing
            send(reply, transaction)
            releaseRead()
        }
    }

    func setDeadline(_ duration: Duration?) {
        deadline?.cancel()
        guard let context, let duration else { return }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(duration)) {
            connection.value.context?.close(promise: nil)
        }
    }
}
