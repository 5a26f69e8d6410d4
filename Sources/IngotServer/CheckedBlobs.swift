// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotStore
internal import Synchronization

/// The large blobs whose bytes this process has seen to be right, or wrong, by their files.
final class CheckedBlobs: Sendable {
    /// Blobs that are remembered; more are checked again.
    private static let limit = 65_536

    private struct State {
        var whole: [Digest: BlobReader.Stamp] = [:]
        var damaged: [Digest: BlobReader.Stamp] = [:]
    }

    private let state = Mutex(State())

    func isWhole(_ reader: BlobReader) -> Bool {
        state.withLock { $0.whole[reader.digest] == reader.stamp }
    }

    /// Whether this very file was found damaged: then the blob counts as missing, and a client
    /// sends it again.
    func isDamaged(_ reader: BlobReader) -> Bool {
        state.withLock { $0.damaged[reader.digest] == reader.stamp }
    }

    func record(_ reader: BlobReader, isWhole: Bool) {
        state.withLock { state in
            if isWhole {
                if state.whole.count >= Self.limit { state.whole = [:] }
                state.whole[reader.digest] = reader.stamp
            } else {
                state.whole[reader.digest] = nil
                state.damaged[reader.digest] = reader.stamp
            }
        }
    }
}
