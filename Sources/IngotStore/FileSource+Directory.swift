// SPDX-License-Identifier: Apache-2.0

internal import IngotFiles

extension FileSource {
    /// Directories that are never part of a version.
    package static let skippedDirectories: Set<String> = [".git", StoreLayout.directoryName]

    /// All files below a directory, in order of their paths; empty directories leave no trace.
    ///
    /// - Throws: `StoreError` that names a symbolic link or a special file; nothing is followed.
    package static func files(in directory: String) throws -> [FileSource] {
        var sources: [FileSource] = []
        try collect(directory, prefix: "", into: &sources)
        return sources.sorted { TreePath.precedes($0.path, $1.path) }
    }

    /// A single file, under the last part of its path.
    package static func file(at path: String) throws -> FileSource {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch try Files.entry(at: path) {
        case .file(_, let isExecutable):
            return FileSource(
                path: name,
                isExecutable: isExecutable,
                content: .file(path: path)
            )
        case nil: throw StoreError("\(path): no such file")
        case .link: throw StoreError.symbolicLink(path)
        case .directory: throw StoreError("\(path): a directory, where a file is expected")
        case .other: throw StoreError.specialFile(path)
        }
    }

    private static func collect(
        _ directory: String,
        prefix: String,
        into sources: inout [FileSource]
    ) throws {
        for name in try Files.names(in: directory) {
            let path = "\(directory)/\(name)"
            let treePath = prefix + name
            if Checkout.isTemporary(name) { continue }
            switch try Files.entry(at: path) {
            case .file(_, let isExecutable):
                sources.append(
                    FileSource(
                        path: treePath,
                        isExecutable: isExecutable,
                        content: .file(path: path)
                    )
                )
            case .directory where skippedDirectories.contains(name): continue
            case .directory: try collect(path, prefix: treePath + "/", into: &sources)
            case .link: throw StoreError.symbolicLink(path)
            case .other: throw StoreError.specialFile(path)
            case nil: throw StoreError.changedWhileRead(directory)
            }
        }
    }
}
