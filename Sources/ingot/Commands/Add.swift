// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCatalog
import IngotCore
import IngotEvidence
import IngotFiles
import IngotPipeline
import IngotStore
import IngotWorkspace

struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add files or directories as dataset versions.",
        discussion: """
            The version gets the repository's next tag, vN. The same content added again is the \
            version it was. A pointer, NAME.ingot, is written beside the data: commit it to Git in \
            the data's place, which goes to .gitignore. `.git` and `.ingot` are left out; symbolic \
            links are refused. With --extract, an archive that is not safe everywhere is refused \
            whole, and no pointer is written.
            """
    )

    @Argument(help: "Files or directories; each becomes a version.", completion: .file())
    var paths: [String]

    @Option(
        name: .customLong("as"),
        help: "The repository; by default the pointer's, else the path's last part."
    )
    var repository: String?

    @Flag(help: "Write no pointer and leave .gitignore alone.")
    var noPointer = false

    @OptionGroup var extraction: ExtractOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard repository == nil || paths.count == 1 else {
            throw ValidationError("--as names one repository: add the paths one by one")
        }
    }

    func run() throws {
        let open = try OpenStore(options)
        var results: [JSONValue] = []
        var changed: [String] = []
        for text in paths {
            let path = try DataPath(
                text,
                workingDirectory: FileManager.default.currentDirectoryPath
            )
            let published =
                if let archive = try extraction.run(path.absolute, in: open.store) {
                    try add(archive, at: path, to: open)
                } else {
                    try add(path, to: open, changed: &changed)
                }
            let report = PublishedReport(published)
            if json { results.append(report.json) } else { report.print(asJSON: false) }
        }
        if json {
            print((results.count == 1 ? results[0] : .array(results)).prettyText)
        } else if !changed.isEmpty {
            print("to record this in Git: git add \(changed.joined(separator: " "))")
        }
    }

    /// Adds the files of an archive; the archive itself is no part of the version.
    private func add(
        _ archive: ExtractedArchive,
        at path: DataPath,
        to open: OpenStore
    ) throws -> Published {
        defer { archive.remove() }
        guard !archive.files.isEmpty else {
            throw PipelineError("\(path.shown): no files in it")
        }
        return try publish(archive.files, at: path, to: open)
    }

    /// Adds what is in the working copy, and writes its pointer.
    private func add(
        _ path: DataPath,
        to open: OpenStore,
        changed: inout [String]
    ) throws -> Published {
        let copy = open.workingCopy(path)
        let scan = try copy.scan()
        guard scan.fileCount > 0 else {
            throw PipelineError("\(path.shown): no files: add a directory that has some")
        }
        let published = try publish(scan.files, keeping: scan.kept, at: path, to: open)
        if !noPointer {
            for file in try path.record(Self.pointer(to: published, form: scan.form))
            where !changed.contains(file) {
                changed.append(file)
            }
        }
        try copy.remember(scan, as: published.digest)
        return published
    }

    private func publish(
        _ files: [FileSource],
        keeping kept: KeptFiles? = nil,
        at path: DataPath,
        to open: OpenStore
    ) throws -> Published {
        let known = noPointer ? nil : try path.readPointer()?.repository
        let name = repository ?? known?.text ?? Self.lastPart(of: path.name)
        let repository = try RepositoryName(parsing: name)
        let bar = ProgressBar("adding")
        defer { bar.end() }
        return try open.pipeline().publish(
            .dataset,
            in: repository,
            config: [:],
            files: files,
            keeping: kept,
            act: .datasetAdded,
            progress: { progress in
                bar.show(
                    progress.fraction,
                    note: "\(progress.filesDone) of \(progress.fileCount) files"
                )
            },
            predicate: { written in
                .datasetAdded(
                    DatasetAddedFacts(
                        repository: repository.text,
                        sources: [path.shown],
                        fileCount: written.fileCount,
                        byteCount: written.byteCount,
                        git: GitWorkTree.state(at: path.absolute)
                    )
                )
            }
        )
    }

    private static func pointer(to published: Published, form: Pointer.Form) -> Pointer {
        Pointer(
            repository: published.repository,
            tag: .version(published.number),
            digest: published.digest,
            byteCount: published.byteCount,
            fileCount: published.fileCount,
            form: form
        )
    }

    static func lastPart(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return String(name.prefix { $0 != "." }).lowercased()
    }
}
