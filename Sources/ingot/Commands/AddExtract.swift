// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IngotArchive
import IngotCore
import IngotFiles
import IngotStore

/// The options of `ingot add` for archives.
struct ExtractOptions: ParsableArguments {
    @Flag(help: "Add the files in an archive (tar, tar.gz, tar.zst, tar.xz, zip), not itself.")
    var extract = false

    @Option(help: "With --extract: the most that all files may have together, such as 500M or 2T.")
    var maxSize = ByteSize(byteCount: 64 << 30)

    @Option(help: "With --extract: the most entries that the archive may have.")
    var maxFiles = 1_000_000

    @Option(help: "With --extract: how many times the archive's size its files may have.")
    var maxRatio = ArchiveLimits.defaultRatio

    func validate() throws {
        guard maxSize.byteCount > 0, maxFiles > 0, maxRatio > 0 else {
            throw ValidationError("--max-size, --max-files and --max-ratio must be above zero")
        }
    }

    /// The files of the archive, when there is one to extract.
    func run(_ archive: String, in store: Store) throws -> ExtractedArchive? {
        guard extract else { return nil }
        let limits = ArchiveLimits(
            entryCount: maxFiles,
            byteCount: maxSize.byteCount,
            ratio: maxRatio
        )
        return try ExtractedArchive(archive, in: store, limits: limits)
    }
}

/// The files of an archive in a private directory of the store's `incoming/`; whoever opens the
/// store next removes what a killed process left of it.
struct ExtractedArchive {
    let files: [FileSource]
    private let directory: String

    init(_ archive: String, in store: Store, limits: ArchiveLimits) throws {
        guard case .file = try Files.entry(at: archive) else {
            throw ArchiveError("\(archive): no such file, or not a plain one")
        }
        directory = try store.blobs.makePrivateDirectory()
        let bar = ProgressBar("extracting")
        defer { bar.end() }
        let extraction = ArchiveExtraction(skippedNames: FileSource.skippedDirectories) {
            try TreePath.validate($0)
        }
        do {
            files = try extraction.run(
                archive: archive,
                into: directory,
                limits: limits,
                progress: { fileCount, byteCount in
                    bar.show(0, note: "\(fileCount) files, \(Terminal.size(byteCount))")
                }
            ).map {
                FileSource(
                    path: $0.path,
                    isExecutable: $0.isExecutable,
                    content: .file(path: $0.location)
                )
            }
        } catch {
            Self.remove(directory)
            throw error
        }
    }

    func remove() { Self.remove(directory) }

    private static func remove(_ directory: String) {
        do {
            try Files.remove(directory)
        } catch {
            Terminal.printError("ingot: \(error): removed when the store is opened again")
        }
    }
}

/// A number of bytes as people write it: `1000`, `64K`, `500M`, `2G`, `1T`, in powers of 1024.
struct ByteSize: ExpressibleByArgument {
    let byteCount: Int

    init(byteCount: Int) { self.byteCount = byteCount }

    init?(argument: String) {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        let unit = argument.last.flatMap { units[Character($0.uppercased())] }
        guard let number = Int(unit == nil ? argument : String(argument.dropLast())) else {
            return nil
        }
        let (product, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflows else { return nil }
        byteCount = product
    }

    var defaultValueDescription: String { "\(byteCount >> 30)G" }
}
