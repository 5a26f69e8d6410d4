// SPDX-License-Identifier: Apache-2.0

internal import CZstd
internal import IngotCore
internal import IngotCrypto
internal import Synchronization

/// How a chunk's bytes lie in a pack.
package enum ChunkEncoding: UInt8, Sendable {
    case plain = 0
    /// One zstd frame (RFC 8878).
    case zstd = 1
}

/// Compresses chunks where that pays; threads do not wait for each other.
final class ChunkCodec: Sendable {
    /// zstd's default; higher levels cost more than the disk they save.
    private static let level: Int32 = 3
    /// The largest chunk, which is a page of a tree.
    ///
    /// File chunks have at most 128 KiB.
    static let chunkByteLimit = 1 << 20

    private let idle = Mutex<[ZstdContexts]>([])

    /// The frame, or nil when it would not save at least a tenth of the bytes.
    func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        guard bytes.count > 0, bytes.count <= Self.chunkByteLimit else { return nil }
        return withContexts { contexts in
            let size = unsafe contexts.buffer.withUnsafeMutableBytes {
                // Safe: both lengths are those of the buffers.
                unsafe ZSTD_compressCCtx(
                    contexts.compressor,
                    $0.baseAddress,
                    $0.count,
                    bytes.baseAddress,
                    bytes.count,
                    Self.level
                )
            }
            guard ZSTD_isError(size) == 0, size <= bytes.count - bytes.count / 10 else {
                return nil
            }
            return Array(contexts.buffer[..<size])
        }
    }

    /// The bytes of a chunk as a pack stores it; nil unless they are those of the digest.
    func content(
        of chunk: Digest,
        stored: [UInt8],
        encoding: ChunkEncoding,
        byteCount: Int
    ) -> [UInt8]? {
        let bytes =
            switch encoding {
            case .plain: stored
            case .zstd: decompress(stored, byteCount: byteCount)
            }
        guard let bytes, bytes.count == byteCount, Digest.of(bytes) == chunk else { return nil }
        return bytes
    }

    /// Exactly `byteCount` bytes, or nil when the frame is damaged or holds another number of them.
    func decompress(_ frame: [UInt8], byteCount: Int) -> [UInt8]? {
        guard byteCount <= Self.chunkByteLimit else { return nil }
        return withContexts { contexts in
            var size = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, filled in
                // Safe: zstd writes at most `byteCount` bytes and returns how many it wrote.
                size = unsafe ZSTD_decompressDCtx(
                    contexts.decompressor,
                    output.baseAddress,
                    byteCount,
                    frame,
                    frame.count
                )
                filled = ZSTD_isError(size) == 0 ? size : 0
            }
            return ZSTD_isError(size) == 0 && size == byteCount ? bytes : nil
        }
    }

    private func withContexts(_ body: (ZstdContexts) -> [UInt8]?) -> [UInt8]? {
        let contexts = idle.withLock { $0.popLast() } ?? ZstdContexts()
        defer { idle.withLock { $0.append(contexts) } }
        return body(contexts)
    }
}

/// Used by one thread at a time: whoever took it out of the pool.
@safe private final class ZstdContexts: @unchecked Sendable {
    let compressor: OpaquePointer
    let decompressor: OpaquePointer
    var buffer: [UInt8]

    init() {
        guard let compressor = unsafe ZSTD_createCCtx(),
            let decompressor = unsafe ZSTD_createDCtx()
        else { preconditionFailure("no memory for zstd") }
        unsafe self.compressor = compressor
        unsafe self.decompressor = decompressor
        buffer = [UInt8](repeating: 0, count: ZSTD_compressBound(ChunkCodec.chunkByteLimit))
    }

    deinit {
        unsafe ZSTD_freeCCtx(compressor)
        unsafe ZSTD_freeDCtx(decompressor)
    }
}
