// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How far a transfer is, in bytes on the wire.
package struct TransferProgress: Sendable, Equatable {
    package var bytesDone = 0
    /// Rises while more comes to light.
    package var byteCount = 0
    /// Blobs, and parts of blobs.
    package var piecesDone = 0

    /// 0 to 1.
    package var fraction: Double { Double(bytesDone) / Double(max(byteCount, 1)) }

    package typealias Report = @Sendable (TransferProgress) -> Void
}

/// Counts what several tasks send or receive.
final class TransferCounter: Sendable {
    private let state = Mutex(TransferProgress())
    private let report: TransferProgress.Report

    init(report: @escaping TransferProgress.Report) { self.report = report }

    var progress: TransferProgress { state.withLock { $0 } }

    func expect(_ byteCount: Int) { update { $0.byteCount += byteCount } }

    func moved(_ byteCount: Int) { update { $0.bytesDone += byteCount } }

    func finishedPiece() { update { $0.piecesDone += 1 } }

    private func update(_ change: (inout TransferProgress) -> Void) {
        report(
            state.withLock {
                change(&$0)
                return $0
            }
        )
    }
}

/// Some work at a time, in any order; the first error ends the rest.
func inParallel<Item: Sendable>(
    _ items: some Sequence<Item>,
    width: Int = 6,
    _ body: @escaping @Sendable (Item) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var iterator = items.makeIterator()
        var running = 0
        while running < width, let item = iterator.next() {
            group.addTask { try await body(item) }
            running += 1
        }
        while try await group.next() != nil {
            if let item = iterator.next() { group.addTask { try await body(item) } }
        }
    }
}

/// The same with results, in the order of the items.
func resultsInParallel<Item: Sendable, Value: Sendable>(
    of items: [Item],
    _ body: @escaping @Sendable (Item) async throws -> Value
) async throws -> [Value] {
    let values = Mutex<[Int: Value]>([:])
    try await inParallel(items.indices) { index in
        let value = try await body(items[index])
        values.withLock { $0[index] = value }
    }
    return values.withLock { values in items.indices.compactMap { values[$0] } }
}

extension Array {
    /// Parts of at most so many elements, in order.
    func parts(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map {
            Array(self[$0..<Swift.min($0 + count, self.count)])
        }
    }
}
