// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import IngotFiles

/// A file of an image layer and where its bytes come from: they are streamed twice, once to be
/// hashed and once to be written, and never held as a whole.
package struct LayerFile: Sendable {
    package typealias Sink = (Span<UInt8>) throws -> Void

    package enum Content: Sendable {
        case bytes([UInt8])
        case file(path: String, byteCount: Int)
        /// Calls the sink with the content, piece by piece; the same bytes every time.
        case stream(byteCount: Int, @Sendable (Sink) throws -> Void)

        package var byteCount: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(_, let byteCount), .stream(let byteCount, _): byteCount
            }
        }
    }

    /// Where it lies in the image, without the leading slash.
    package let path: String
    package let isExecutable: Bool
    package let content: Content

    package init(path: String, isExecutable: Bool = false, content: Content) {
        self.path = path
        self.isExecutable = isExecutable
        self.content = content
    }

    /// A file of the working machine, with the size that it has now.
    package init(path: String, isExecutable: Bool = false, copying source: String) throws {
        guard case .file(let byteCount, _) = try Files.entry(at: source) else {
            throw ImageError("\(source): not a regular file; an image holds regular files only")
        }
        self.init(
            path: path,
            isExecutable: isExecutable,
            content: .file(path: source, byteCount: byteCount)
        )
    }
}

extension LayerFile.Content {
    /// 1 MiB: large enough that system calls do not count, small enough for the cache.
    private static let pieceByteCount = 1 << 20

    func write(to sink: LayerFile.Sink) throws {
        switch self {
        case .bytes(let bytes): try sink(bytes.span)
        case .stream(_, let write): try write(sink)
        case .file(let path, _): try Self.copy(path, to: sink)
        }
    }

    private static func copy(_ path: String, to sink: LayerFile.Sink) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: pieceByteCount)
        while true {
            // Safe: read writes at most the buffer's own count of bytes.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("read", path)
            }
            if count == 0 { return }
            try sink(buffer.span.extracting(0..<count))
        }
    }
}
