// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

extension RegistryConnection {
    /// 64 KiB of a body that no request of the kind needs.
    private static let idleBodyByteCount = 64 << 10

    func begin(_ head: HTTPRequestHead) {
        setDeadline(limits.stall)
        isLast = isLast || !head.isKeepAlive
        let request: RegistryRequest
        do {
            request = try RegistryRequest(head, access: registry.access, limits: limits)
        } catch {
            let transaction = Transaction(head: head, request: nil)
            state = .receiving(transaction)
            return refuse(error, transaction)
        }
        let transaction = Transaction(head: head, request: request)
        state = .receiving(transaction)
        if Registry.isUpload(request) {
            work(transaction) { registry in
                try registry.openBody(request)
            } then: { connection, upload in
                transaction.upload = upload
                connection.resume(upload, transaction)
            }
        } else if let length = request.contentLength, length > bodyLimit(request) {
            refuse(tooLarge(request), transaction)
        } else {
            goOn(transaction)
        }
    }

    /// Has what an earlier process left of an upload hashed, step by step, before the body is taken.
    private func resume(_ upload: Upload, _ transaction: Transaction) {
        work(transaction) { _ in
            try upload.readWritten()
        } then: { connection, isWhole in
            guard isWhole else { return connection.resume(upload, transaction) }
            connection.goOn(transaction)
            connection.advance(transaction)
        }
    }

    /// A client that asks first waits for this line before it sends its body.
    private func goOn(_ transaction: Transaction) {
        guard transaction.isWaiting, let context else { return }
        transaction.isWaiting = false
        let line = HTTPResponseHead(version: transaction.head.version, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(line)), promise: nil)
    }

    private func bodyLimit(_ request: RegistryRequest) -> Int {
        request.method == "PUT" ? Manifest.byteLimit : Self.idleBodyByteCount
    }

    private func tooLarge(_ request: RegistryRequest) -> RegistryError {
        RegistryError(
            request.method == "PUT" ? .manifestInvalid : .sizeInvalid,
            "the body has more than \(bodyLimit(request)) bytes",
            status: .payloadTooLarge
        )
    }

    func receive(_ buffer: ByteBuffer, _ transaction: Transaction) {
        guard let request = transaction.request else { return }
        transaction.receivedByteCount += buffer.readableBytes
        if !Registry.isUpload(request), transaction.receivedByteCount > bodyLimit(request) {
            return refuse(tooLarge(request), transaction)
        }
        transaction.pending.append(buffer)
        transaction.pendingByteCount += buffer.readableBytes
        if transaction.upload != nil { advance(transaction) }
        if !transaction.isWorking { setDeadline(limits.stall) }
    }

    /// Hands what arrived to the pool, or asks for the answer when all is there.
    func advance(_ transaction: Transaction) {
        guard !transaction.isWorking, let request = transaction.request else { return }
        guard Registry.isUpload(request) else {
            guard transaction.hasEnded else { return }
            return answer(request, transaction)
        }
        guard let upload = transaction.upload else { return }
        if !transaction.pending.isEmpty {
            let buffers = transaction.pending
            transaction.pending = []
            work(transaction) { _ in
                try upload.append(buffers)
                return buffers.reduce(0) { $0 + $1.readableBytes }
            } then: { connection, count in
                transaction.pendingByteCount -= count
                connection.releaseRead()
                connection.advance(transaction)
            }
        } else if transaction.hasEnded {
            state = .working(transaction)
            work(transaction) { registry in
                try registry.closeBody(request, upload)
            } then: { connection, reply in
                transaction.upload = nil
                connection.state = .answering(transaction)
                connection.send(reply, transaction)
            }
        }
    }

    private func answer(_ request: RegistryRequest, _ transaction: Transaction) {
        if request.isRead, case .manifest(let repository, let name) = request.route,
            let reply = registry.manifests.find(
                ManifestCache.Key(repository: repository, name: name)
            )
        {
            state = .answering(transaction)
            return send(reply, transaction)
        }
        state = .working(transaction)
        var whole = ByteBuffer()
        for var buffer in transaction.pending { whole.writeBuffer(&buffer) }
        transaction.pending = []
        let body = Array(whole.readableBytesView)
        work(transaction) { registry in
            try registry.answer(request, body: body)
        } then: { connection, reply in
            connection.state = .answering(transaction)
            connection.send(reply, transaction)
        }
    }

    /// Runs blocking work on the pool, then goes on here; an error is answered.
    private func work<Value: Sendable>(
        _ transaction: Transaction,
        _ body: @escaping @Sendable (Registry) throws -> Value,
        then next: @escaping (RegistryConnection, Value) -> Void
    ) {
        guard let context else { return }
        transaction.isWorking = true
        let registry = registry
        let future = pool.runIfActive(eventLoop: context.eventLoop) { try body(registry) }
        future.assumeIsolated().whenComplete { result in
            transaction.isWorking = false
            self.setDeadline(self.limits.stall)
            switch result {
            case .success(let value):
                guard self.context != nil else {
                    if let upload = value as? Upload { transaction.upload = upload }
                    return self.abandon(transaction)
                }
                next(self, value)
            case .failure(let error):
                self.abandon(transaction, isBroken: !(error is RegistryError))
                if self.context != nil { self.refuse(error, transaction) }
            }
        }
        // Work of the store takes the time it takes; a client that stalls is noticed afterwards.
        setDeadline(nil)
    }

    /// Lets the upload of a request go that came to no end.
    func abandon(_ transaction: Transaction, isBroken: Bool = false) {
        guard !transaction.isWorking, let upload = transaction.upload,
            let request = transaction.request
        else { return }
        transaction.upload = nil
        // What arrived before the connection was lost is kept, for a client that resumes.
        let buffers = transaction.pending
        transaction.pending = []
        let registry = registry
        pool.submit { state in
            guard state == .active else { return }
            var isBroken = isBroken
            if !isBroken, !buffers.isEmpty {
                do { try upload.append(buffers) } catch { isBroken = true }
            }
            registry.abandonBody(request, upload, isBroken: isBroken)
        }
    }
}
