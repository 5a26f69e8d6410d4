// SPDX-License-Identifier: Apache-2.0

package import IngotArchive
internal import IngotCore
internal import IngotCrypto

/// One layer of an image: an uncompressed tar whose bytes follow from its files alone.
///
/// Entries are in the order of their paths' bytes, the directories above them included.
package struct ImageLayer: Sendable {
    /// `runtime`, `base`, `adapter`, `evidence`: becomes the annotation `dev.ingot.layer`.
    package let name: String
    package let files: [LayerFile]
    package let annotations: [String: String]

    package static let nameAnnotation = "dev.ingot.layer"

    package init(name: String, files: [LayerFile], annotations: [String: String] = [:]) {
        self.name = name
        self.files = files
        self.annotations = annotations
    }

    /// Streams the layer's tar.
    package func write(to sink: @escaping TarWriter.Sink) throws {
        let writer = TarWriter(to: sink)
        for entry in try entries() {
            try writer.begin(entry.header)
            try entry.content?.write { try writer.write($0) }
        }
        try writer.finish()
    }

    private typealias Entry = (header: TarHeader, content: LayerFile.Content?)

    private func entries() throws -> [Entry] {
        guard !files.isEmpty else { throw ImageError("layer \(name): has no files") }
        var directories = Set<[UInt8]>()
        var entries: [Entry] = []
        for file in files {
            let kind = TarHeader.Kind.file(byteCount: file.content.byteCount)
            let header = try TarHeader(
                path: file.path,
                kind: kind,
                isExecutable: file.isExecutable
            )
            entries.append((header, file.content))
            let path = Array(file.path.utf8)
            for index in path.indices where path[index] == UInt8(ascii: "/") {
                directories.insert(Array(path[..<index]))
            }
        }
        for directory in directories {
            let path = String(decoding: directory, as: UTF8.self)
            entries.append((try TarHeader(path: path, kind: .directory), nil))
        }
        // The writer refuses a path that is a file twice, or a file and a directory.
        return entries.sorted {
            $0.header.path.utf8.lexicographicallyPrecedes($1.header.path.utf8)
        }
    }

    /// The descriptor of the tar: reads every file once.
    func descriptor() throws -> Descriptor {
        let hasher = SHA256Hasher()
        let count = Count()
        try write { piece in
            unsafe piece.withUnsafeBytes { unsafe hasher.update($0) }
            count.byteCount += piece.count
        }
        var annotations = annotations
        annotations[Self.nameAnnotation] = name
        return Descriptor(
            mediaType: .imageLayer,
            digest: hasher.finish(),
            byteCount: count.byteCount,
            annotations: annotations
        )
    }

    private final class Count { var byteCount = 0 }
}
