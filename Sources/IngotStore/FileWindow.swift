// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A part of a file in memory, with the chunks in it that are sure.
struct FileWindow: Sendable {
    let bytes: [UInt8]
    let chunks: [Range<Int>]
    /// Bytes that were read for it; those of the window before come on top.
    let newByteCount: Int
    /// Whether the file ends here: then the chunks are all that is left.
    let isLast: Bool

    /// Where the next window begins.
    var usedByteCount: Int { chunks.last?.upperBound ?? 0 }
}

/// Reads a file window by window, on any thread, one at a time.
final class FileWindows: Sendable {
    private let handle: FileHandle
    private let byteCount: Int
    /// Memory of windows that were given back, the longest idle first.
    private let idle = Mutex<[[UInt8]]>([])

    init(_ handle: FileHandle, byteCount: Int) {
        self.handle = handle
        self.byteCount = byteCount
    }

    /// The window that begins with what `before` has left after its last sure chunk.
    func next(after before: FileWindow?) throws -> FileWindow {
        var bytes =
            idle.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            ?? [UInt8](repeating: 0, count: byteCount)
        let rest = before.map { $0.bytes[$0.usedByteCount...] } ?? []
        bytes.replaceSubrange(0..<rest.count, with: rest)
        let count = try unsafe bytes.withUnsafeMutableBytes {
            // Safe: the rest of a window is at most the count of the next one.
            try unsafe handle.fill(UnsafeMutableRawBufferPointer(rebasing: $0[rest.count...]))
        }
        let isLast = rest.count + count < bytes.count
        if isLast { bytes.removeLast(bytes.count - rest.count - count) }
        return FileWindow(
            bytes: bytes,
            chunks: Chunker.chunks(of: bytes, isEnd: isLast),
            newByteCount: count,
            isLast: isLast
        )
    }

    /// Offers a window's memory to a later one.
    ///
    /// Who still holds the window keeps it as it is.
    func recycle(_ window: FileWindow) {
        if !window.isLast { idle.withLock { $0.append(window.bytes) } }
    }
}
