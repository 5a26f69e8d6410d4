// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import NIOCore
internal import NIOHTTP1

/// One request on a connection, from its head to the last byte of its answer; it stays on the
/// connection's event loop.
final class Transaction {
    let head: HTTPRequestHead
    /// Nil for a head that was refused.
    let request: RegistryRequest?
    let begunAt = ContinuousClock.now
    var hasEnded = false
    /// A client that asked first, and has no answer yet, sends nothing.
    var isWaiting: Bool
    /// Bytes that arrived and were not yet handed to the pool.
    var pending: [ByteBuffer] = []
    var pendingByteCount = 0
    var receivedByteCount = 0
    /// The upload that takes the body.
    var upload: Upload?
    var isWorking = false

    init(head: HTTPRequestHead, request: RegistryRequest?) {
        self.head = head
        self.request = request
        isWaiting = head.headers[canonicalForm: "expect"].contains {
            $0.lowercased() == "100-continue"
        }
    }

    /// What is still to come of the body; nil where nobody said.
    var restByteCount: Int? {
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }) {
            return max(0, length - receivedByteCount)
        }
        return head.headers.contains(name: "transfer-encoding") ? nil : 0
    }
}
