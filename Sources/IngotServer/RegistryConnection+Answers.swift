// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import IngotHTTP
internal import IngotStore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A blob that is sent piece by piece: over TLS, or while it is checked for the first time.
struct BlobSending {
    let transaction: Transaction
    let reader: BlobReader
    let end: Int
    var offset: Int
    /// Takes all bytes of a blob that is not known to be whole.
    let hasher: SHA256Hasher?
    var isReading = false
}

extension RegistryConnection {
    /// 512 KiB.
    private static let pieceByteCount = 512 << 10

    func send(_ reply: Reply, _ transaction: Transaction) {
        guard let context else { return }
        var headers = reply.headers
        if reply.status != .noContent {
            headers.add(name: "Content-Length", value: "\(reply.byteCount)")
        }
        headers.add(name: "Docker-Distribution-API-Version", value: "registry/2.0")
        headers.addConnection(isLast: isLast, to: transaction.head.version)
        let head = HTTPResponseHead(
            version: transaction.head.version,
            status: reply.status,
            headers: headers
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        log.record(transaction, status: reply.status.code, byteCount: reply.byteCount)
        guard transaction.head.method != .HEAD, reply.byteCount > 0 else { return end(transaction) }
        switch reply.body {
        case .bytes(let buffer):
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
            end(transaction)
        case .checked(let reader, let range):
            if usesTLS {
                sendPieces(of: reader, range, transaction, isChecked: true)
            } else {
                sendFile(reader, range, transaction)
            }
        case .unchecked(let reader):
            sendPieces(of: reader, 0..<reader.byteCount, transaction, isChecked: false)
        }
    }

    /// The kernel copies the file to the socket.
    private func sendFile(_ reader: BlobReader, _ range: Range<Int>, _ transaction: Transaction) {
        guard let context else { return }
        do {
            let descriptor = try reader.duplicateDescriptor()
            let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
            let region = FileRegion(
                fileHandle: handle,
                readerIndex: range.lowerBound,
                endIndex: range.upperBound
            )
            setDeadline(limits.stall)
            let written = context.writeAndFlush(wrapOutboundOut(.body(.fileRegion(region))))
            written.assumeIsolated().whenComplete { result in
                // An open file would be left behind.
                do { try handle.close() } catch { self.context?.close(promise: nil) }
                switch result {
                case .success: self.end(transaction)
                case .failure: self.context?.close(promise: nil)
                }
            }
        } catch { context.close(promise: nil) }
    }

    private func sendPieces(
        of reader: BlobReader,
        _ range: Range<Int>,
        _ transaction: Transaction,
        isChecked: Bool
    ) {
        sending = BlobSending(
            transaction: transaction,
            reader: reader,
            end: range.upperBound,
            offset: range.lowerBound,
            hasher: isChecked ? nil : SHA256Hasher()
        )
        sendNextPiece()
    }

    /// Reads one piece ahead of what the client took.
    func sendNextPiece() {
        guard let context, var current = sending, !current.isReading, context.channel.isWritable
        else { return }
        current.isReading = true
        sending = current
        let reader = current.reader
        let offset = current.offset
        let count = min(Self.pieceByteCount, current.end - offset)
        setDeadline(limits.stall)
        let future = pool.runIfActive(eventLoop: context.eventLoop) {
            try reader.read(count, at: offset)
        }
        future.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let bytes?): self.sendPiece(bytes)
            // Cut short: the client sees fewer bytes than it was told.
            case .success(nil), .failure: self.context?.close(promise: nil)
            }
        }
    }

    private func sendPiece(_ bytes: [UInt8]) {
        guard let context, var current = sending else { return }
        current.isReading = false
        current.offset += bytes.count
        sending = current
        current.hasher?.update(bytes)
        let isDone = current.offset == current.end
        if isDone, let hasher = current.hasher {
            let isWhole = hasher.finish() == current.reader.digest
            registry.checked.record(current.reader, isWhole: isWhole)
            guard isWhole else {
                // The last piece is kept back: nobody takes a damaged blob for a whole one.
                sending = nil
                return context.close(promise: nil)
            }
        }
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        if isDone {
            sending = nil
            end(current.transaction)
        } else {
            sendNextPiece()
        }
    }

    func end(_ transaction: Transaction) {
        guard let context else { return }
        state = isLast ? .closing : .idle
        setDeadline(isLast ? Self.lingerDuration : limits.idle)
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        guard isLast, transaction.hasEnded else { return }
        written.assumeIsolated().whenComplete { _ in self.context?.close(promise: nil) }
    }
}
