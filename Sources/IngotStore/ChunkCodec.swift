// SPDX-License-Identifier: Apache-2.0

internal import CZstd

/// How a chunk's bytes lie in a pack.
package enum ChunkEncoding: UInt8, Sendable {
    case plain = 0
    /// One zstd frame (RFC 8878).
    case zstd = 1
}

/// Compresses chunks where that pays.
///
/// Not for use by two threads at once.
@safe final class ChunkCodec {
    /// zstd's default; higher levels cost more than the disk they save.
    private static let level: Int32 = 3
    /// The largest chunk: a page of a tree.
    ///
    /// File chunks have at most 128 KiB.
    static let chunkByteLimit = 1 << 20

    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer
    private var buffer: [UInt8]

    init() {
        guard let compressor = unsafe ZSTD_createCCtx(),
            let decompressor = unsafe ZSTD_createDCtx()
        else { preconditionFailure("no memory for zstd") }
        unsafe self.compressor = compressor
        unsafe self.decompressor = decompressor
        buffer = [UInt8](repeating: 0, count: ZSTD_compressBound(Self.chunkByteLimit))
    }

    deinit {
        unsafe ZSTD_freeCCtx(compressor)
        unsafe ZSTD_freeDCtx(decompressor)
    }

    /// The frame, or nil when it would not save at least a tenth of the bytes.
    func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        guard bytes.count > 0, bytes.count <= Self.chunkByteLimit else { return nil }
        let size = unsafe buffer.withUnsafeMutableBytes {
            // Safe: both lengths are those of the buffers.
            unsafe ZSTD_compressCCtx(
                compressor,
                $0.baseAddress,
                $0.count,
                bytes.baseAddress,
                bytes.count,
                Self.level
            )
        }
        guard ZSTD_isError(size) == 0, size <= bytes.count - bytes.count / 10 else { return nil }
        return Array(buffer[..<size])
    }

    /// Exactly `byteCount` bytes, or nil when the frame is damaged or holds another number of them.
    func decompress(_ frame: [UInt8], byteCount: Int) -> [UInt8]? {
        guard byteCount <= Self.chunkByteLimit else { return nil }
        var size = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, initialized in
            // Safe: zstd writes at most `byteCount` bytes and returns how many it wrote.
            size = unsafe ZSTD_decompressDCtx(
                decompressor,
                output.baseAddress,
                byteCount,
                frame,
                frame.count
            )
            initialized = ZSTD_isError(size) == 0 ? size : 0
        }
        return ZSTD_isError(size) == 0 && size == byteCount ? bytes : nil
    }
}
