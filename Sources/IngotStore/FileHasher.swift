// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto
internal import Synchronization

/// The running hash of a file, updated by whichever thread is free.
final class FileHasher: Sendable {
    private let hasher = Mutex(SHA256Hasher())
    /// What a job that only updates the hash returns.
    let placeholder = Digest.of([UInt8]())

    func update(_ bytes: [UInt8], _ range: Range<Int>) {
        hasher.withLock { hasher in
            unsafe bytes.withUnsafeBytes {
                // Safe: the range is one of the bytes.
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[range]))
            }
        }
    }

    /// Ends the computation; the hasher must not be used again.
    func finish() -> Digest { hasher.withLock { $0.finish() } }
}
